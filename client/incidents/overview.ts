/** How the services of a runbook stand now. However many ask: of one runbook or service one look is under way at a time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Overview, overviewOf } from '../../domain/diagnosis/overview.ts'
import { name } from '../../domain/names.ts'
import { present } from '../../domain/present.ts'
import type { Temporal } from '../temporal/connect.ts'
import { unknownRunbook, unknownService } from './desks.ts'
import { look } from './look.ts'
import { publishedAt } from './read-step.ts'

export type OverviewOrder = { readonly runbook: string; readonly service?: string | undefined }

/** The picture has four seconds; what is over this is given up. */
const answersWithinMs = 10_000
/** Who asks within this time after an answer is given that answer. */
const keptForMs = 1_000

const underWay = new WeakMap<Temporal['connection'], Map<string, Promise<Overview>>>()

/** Refuses `unknown-runbook` and `unknown-service`; a part that does not answer is told as unseen. */
export function lookOverServices(temporal: Temporal, order: OverviewOrder): Promise<Overview> {
  const looks = underWay.get(temporal.connection) ?? new Map<string, Promise<Overview>>()
  underWay.set(temporal.connection, looks)
  const key = `${order.runbook}/${order.service ?? ''}`
  const known = looks.get(key)
  if (known !== undefined) return known
  const taken = take(temporal, order)
  looks.set(key, taken)
  const forget = () => looks.delete(key)
  // A failure is nobody's answer a second time.
  taken.then(() => sleep(keptForMs, undefined, { ref: false }).then(forget), forget)
  return taken
}

async function take(temporal: Temporal, { runbook: desk, service }: OverviewOrder): Promise<Overview> {
  if (!name.safeParse(desk).success) throw await unknownRunbook(temporal, desk)
  const runbook = await publishedAt(temporal, desk)
  const { services } = runbook.book
  if (service !== undefined && !Object.hasOwn(services, service))
    throw unknownService(service, [{ desk, services: Object.keys(services) }])
  const askedMs = Date.now()
  const input = { desk, looking: { at: 'services', ...present({ service }) } } as const
  const seen = await look(temporal, `${desk}/${service ?? 'services'}`, input, answersWithinMs)
  return overviewOf(runbook, seen, askedMs, service)
}
