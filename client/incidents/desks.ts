/** The desk that somebody means, and what it says. */

import { name } from '../../domain/names.ts'
import { nearest } from '../../domain/nearest.ts'
import { type Actor, none } from '../../domain/words.ts'
import { type Refused, refused } from '../../edge/refused.ts'
import { type CommandReceipt, type DeskView, deskId, queries } from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { isGone, refusalOf } from '../temporal/errors.ts'
import { queryWithin } from '../temporal/query.ts'
import { sendUpdate } from '../temporal/updates.ts'
import { type Desk, desksKnown, findDesks } from './directory.ts'

const readWithinMs = 5_000
/** A desk that was published a moment ago is not visible yet; nobody is told "unknown" for that. */
const againAfterMs = [0, 400, 800]

/**
 * The one desk that cares for a service: `backend`, or `shodo/backend` where several systems have one. Whoever names the system names
 * the desk itself, and nobody is asked; whether it cares for the service, the desk says.
 */
export async function findDesk(
  temporal: Temporal,
  wanted: { readonly service: string; readonly system?: string | undefined },
): Promise<{ readonly desk: string; readonly service: string }> {
  const [before, ...behind] = wanted.service.split('/')
  const after = behind.length === 0 ? undefined : behind.join('/')
  const service = after ?? wanted.service
  const system = wanted.system ?? (after === undefined ? undefined : before)
  if (system !== undefined) {
    if (name.safeParse(system).success && name.safeParse(service).success) return { desk: system, service }
    throw unknownService(wanted.service, await findDesks(temporal))
  }
  const found = await caringFor(temporal, service)
  if (found.length > 1) {
    const known = found.map(({ desk }) => `${desk}/${service}`).join(', ')
    throw refused('ambiguous-service', { service, known })
  }
  const [only] = found
  if (only !== undefined) return { desk: only.desk, service }
  const withdrawn = await withdrawnFor(temporal, service)
  // Its own refusal says who withdrew it, and why.
  if (withdrawn !== undefined) return { desk: withdrawn, service }
  throw unknownService(wanted.service, await desksKnown(temporal))
}

/** The desk whose runbook cared for the service until it was withdrawn: since then it stands in the directory with no service. */
async function withdrawnFor(temporal: Temporal, service: string): Promise<string | undefined> {
  for (const { desk, services } of await desksKnown(temporal)) {
    if (services.length > 0) continue
    const view = await deskView(temporal, desk, readWithinMs).catch(() => undefined)
    const { withdrawn, runbook } = view?.state ?? {}
    if (withdrawn !== undefined && Object.hasOwn(runbook?.book.services ?? {}, service)) return desk
  }
  return undefined
}

/** The system that somebody named has no desk: what there is instead. */
export async function noSuchDesk(temporal: Temporal, wanted: string): Promise<Refused> {
  return unknownService(wanted, await findDesks(temporal))
}

async function caringFor(temporal: Temporal, service: string): Promise<readonly Desk[]> {
  const caring = (desks: readonly Desk[]) => desks.filter((d) => d.services.includes(service))
  const known = caring(await desksKnown(temporal))
  if (known.length > 0) return known
  for (const pauseMs of againAfterMs) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    const found = caring(await findDesks(temporal))
    if (found.length > 0) return found
  }
  return []
}

export function unknownService(service: string, desks: readonly Desk[]): Refused {
  if (desks.length === 0) return refused('no-runbook')
  const names = desks.flatMap((d) => d.services)
  const repeated = names.filter((n, i) => names.indexOf(n) !== i)
  const known = desks.flatMap((d) => d.services.map((s) => (repeated.includes(s) ? `${d.desk}/${s}` : s)))
  const meant = nearest(service, known)
  // The nearest name first: it is the one that is read.
  const sorted = meant === undefined ? known : [meant, ...known.filter((k) => k !== meant)]
  return refused('unknown-service', { service: service.slice(0, 60), known: sorted.join(', ') || none })
}

/** What a desk itself says; needs a worker. */
export async function deskView(temporal: Temporal, desk: string, withinMs = readWithinMs): Promise<DeskView> {
  try {
    return await queryWithin(temporal, withinMs, (client) =>
      client.workflow.getHandle(deskId(desk)).query<DeskView>(queries.desk),
    )
  } catch (error) {
    throw isGone(error)
      ? refused('no-runbook', {}, { cause: error })
      : refusalOf(error, temporal.address, deskId(desk))
  }
}

/** Nothing more is opened under a runbook; what is open goes on. */
export async function withdrawRunbook(
  temporal: Temporal,
  runbook: string,
  {
    reason,
    by,
    id = crypto.randomUUID(),
  }: { readonly reason: string; readonly by: Actor; readonly id?: string },
): Promise<CommandReceipt> {
  if (!name.safeParse(runbook).success) throw await unknownRunbook(temporal, runbook)
  try {
    const update = { workflow: deskId(runbook), name: 'withdraw', input: { by, reason }, id }
    return await sendUpdate<CommandReceipt>(temporal, update)
  } catch (error) {
    throw isGone(error) ? await unknownRunbook(temporal, runbook) : error
  }
}

export async function unknownRunbook(temporal: Temporal, runbook: string): Promise<Refused> {
  const desks = await findDesks(temporal)
  if (desks.length === 0) return refused('no-runbook')
  const known = desks.map(({ desk }) => desk).join(', ')
  return refused('unknown-runbook', { runbook: runbook.slice(0, 60), known })
}

/** The one switch for all automation: every desk is told, and tells its incidents. It must not fail because visibility does. */
export async function freezeAll(
  temporal: Temporal,
  on: boolean,
  by: Actor,
  id: string,
): Promise<readonly { readonly desk: string; readonly receipt: CommandReceipt['receipt'] }[]> {
  const desks = await findDesks(temporal, Number.POSITIVE_INFINITY)
  if (desks.length === 0) throw refused('no-runbook')
  return Promise.all(
    desks.map(async ({ desk }) => {
      const { receipt } = await sendUpdate<CommandReceipt>(temporal, {
        workflow: deskId(desk),
        name: 'freeze',
        input: { by, on },
        id,
      })
      return { desk, receipt }
    }),
  )
}
