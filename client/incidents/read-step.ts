import { expected } from '../../domain/expected.ts'
import type { PartResult } from '../../domain/incident/fold/events.ts'
import { name } from '../../domain/names.ts'
import { present } from '../../domain/present.ts'
import { type ReadingStep, readingsOfKind } from '../../domain/runbook/reading-steps.ts'
import type { PublishedRunbook } from '../../domain/runbook/runbook.ts'
import { kindOf } from '../../domain/steps/catalogue.ts'
import type { StepParams } from '../../domain/steps/contract.ts'
import { Refused, refused } from '../../edge/refused.ts'
import type { Temporal } from '../temporal/connect.ts'
import { deskView, findDesk, unknownRunbook, unknownService } from './desks.ts'
import { findDesks } from './directory.ts'
import { look } from './look.ts'

/** A reading step by its kind or its name; the rest is needed only where there are several. */
export type ReadOrder = {
  readonly kind?: string | undefined
  readonly runbook?: string | undefined
  readonly service?: string | undefined
  readonly step?: string | undefined
  /** What the kind lets people choose by hand. */
  readonly with?: StepParams | undefined
}

export type StepLook = {
  readonly runbook: string
  readonly version: number
  readonly timezone: string
  readonly service: string
  readonly step: string
  readonly kind: string
  readonly tookMs: number
  readonly result: PartResult
}

/** What is over this is given up. */
const answersWithinMs = 30_000

/** Has a reading step carried out now, by the runbook that is published. Nothing is changed and no incident is needed. */
export async function readStep(temporal: Temporal, order: ReadOrder): Promise<StepLook> {
  const { desk, service } = await deskMeant(temporal, order)
  const runbook = await publishedAt(temporal, desk)
  const { service: of, step } = stepMeant(runbook, { ...order, service })
  const chosen = order.with ?? {}
  const byHand: readonly string[] = kindOf(step.kind)?.byHand ?? []
  const published = Object.keys(chosen).find((each) => !byHand.includes(each))
  if (published !== undefined) throw refused('parameter-published', { step: step.id, name: published })
  const looking = { at: 'step', service: of, step: step.id, with: chosen } as const
  const { tookMs, parts } = await look(temporal, `${desk}/${step.id}`, { desk, looking }, answersWithinMs)
  const result = parts[step.id]
  // It was published without the step a moment ago, or its workers know no such look yet.
  if (result === undefined) throw refused('no-step-of-kind', { where: desk, kind: step.kind })
  const { version, book } = runbook
  const { id, kind } = step
  return { runbook: desk, version, timezone: book.timezone, service: of, step: id, kind, tookMs, result }
}

/** The runbook that somebody means, by its name or by a service; the only one where neither is said. */
export async function deskMeant(
  temporal: Temporal,
  { runbook, service }: Pick<ReadOrder, 'runbook' | 'service'>,
): Promise<{ readonly desk: string; readonly service?: string }> {
  if (service !== undefined) return findDesk(temporal, { service, ...present({ system: runbook }) })
  if (runbook !== undefined) {
    if (!name.safeParse(runbook).success) throw await unknownRunbook(temporal, runbook)
    return { desk: runbook }
  }
  const desks = (await findDesks(temporal)).map(({ desk }) => desk)
  const [only, ...others] = desks
  if (only === undefined) throw refused('no-runbook')
  if (others.length === 0) return { desk: only }
  throw refused('bad-input', { where: '--runbook', problem: oneOf(desks) })
}

/** The runbook in force; refuses (`unknown-runbook`) where there is none. */
export async function publishedAt(temporal: Temporal, desk: string): Promise<PublishedRunbook> {
  try {
    const { runbook } = (await deskView(temporal, desk)).state
    if (runbook !== undefined) return runbook
  } catch (error) {
    if (!(error instanceof Refused) || error.failure.name !== 'no-runbook') throw error
  }
  throw await unknownRunbook(temporal, desk)
}

function stepMeant({ book }: PublishedRunbook, { kind, service, step }: ReadOrder): ReadingStep {
  if (service !== undefined && !Object.hasOwn(book.services, service))
    throw unknownService(service, [{ desk: book.runbook, services: Object.keys(book.services) }])
  const ofKind = readingsOfKind(
    service === undefined ? book : { ...book, services: only(book.services, service) },
    kind,
  )
  const meant = step === undefined ? ofKind : ofKind.filter((each) => each.step.id === step)
  const [first, ...others] = meant
  if (first !== undefined && others.length === 0) return first
  if (ofKind.length === 0 && kind !== undefined)
    throw refused('no-step-of-kind', { where: book.runbook, kind })
  // The same name at several services: the service tells them apart.
  const where = others.length > 0 && step !== undefined ? '--service' : '--step'
  const choices =
    where === '--service' ? meant.map((each) => each.service) : ofKind.map((each) => each.step.id)
  throw refused('bad-input', { where, problem: oneOf([...new Set(choices)]) })
}

function only<T>(all: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).filter(([each]) => each === key))
}

function oneOf(known: readonly string[]) {
  return expected(`one of ${known.join(', ')}`, `${known.join('、')} のいずれか`)
}
