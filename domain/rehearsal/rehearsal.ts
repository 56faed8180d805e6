/**
 * The rehearsal of a runbook: each step is tried as far as it changes nothing. A reading step is read; of a change the plan is made, and if
 * its kind can, the target itself is asked to try it without keeping anything.
 */
import { forNow } from '../failures/for-now.ts'
import type { Failure, FailureName } from '../failures.ts'
import { fillStep, missingIn } from '../runbook/fill.ts'
import { wholeKey } from '../runbook/published.ts'
import type { Runbook } from '../runbook/runbook.ts'
import { hasHands, isChange, kindOf } from '../steps/catalogue.ts'
import type { StepParams } from '../steps/contract.ts'
import { canonicalJson, sha256Hex } from '../timeline/canonical.ts'
import { severities, type Text } from '../words.ts'

/**
 * How far a step was tried. `read-in-part`: there was more than it says, or something kept it from looking. `nothing-to-do`: its target is there
 * and already as wanted, so the change itself was not tried.
 */
export const tries = ['read', 'read-in-part', 'dry-run', 'planned', 'nothing-to-do'] as const
export type Tried = (typeof tries)[number]

/** What the hands say of one step. */
export type TriedStep = { readonly tried: Tried; readonly says: Text }

/** A step as it is tried: the same words stand there once, for all services that have them. */
export type ToRehearse = {
  /** Of these very words, whatever a step with them is called. */
  readonly words: string
  readonly steps: readonly StepName[]
  readonly kind: string
  readonly params: StepParams
}

export type StepName = { readonly service: string; readonly step: string }

/** How the rehearsal of one step ended. */
export type Rehearsed = StepName & {
  readonly kind: string
  readonly words: string
} & (
    | ({ readonly ok: true } & TriedStep)
    /** It is not for now: the target is in no state for it. */
    | { readonly ok: null; readonly says: Text }
    /** Rot: it would fail in an incident too. */
    | { readonly ok: false; readonly failure: Failure }
  )

const proving: readonly Tried[] = ['read', 'dry-run']

/** All of it was tried that can be tried without a change. */
export function isProved(step: Rehearsed): boolean {
  return step.ok === true && proving.includes(step.tried)
}

export type RehearsalReport = {
  readonly v: 1
  /** `rehearse/shodo/1f2e…` */
  readonly rehearsal: string
  readonly runbook: string
  readonly version: number
  readonly sha256: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly steps: readonly Rehearsed[]
  /** So many were left out, because a report holds no more. */
  readonly untried?: number
  /** Who was told of what failed, and who could not be reached. */
  readonly told?: readonly string[]
  readonly untold?: readonly string[]
}

/** Every step that hikeshi carries out itself; those that wait for a repair are none. */
export function toRehearse(book: Runbook): readonly ToRehearse[] {
  const { services, symptoms, severities: policies } = book
  const quick = severities.flatMap((severity) => policies[severity].quick)
  const all = Object.entries(services).flatMap(([name, service]) => {
    const own = symptoms.filter((symptom) => symptom.service === name).flatMap(({ steps }) => steps)
    return [...own, ...quick]
      .filter((step) => isTried(step.kind) && missingIn(step, service).length === 0)
      .map((step) => ({ service: name, step: fillStep(step, service) }))
  })
  const byWords = new Map<string, ToRehearse>()
  for (const { service, step } of all) {
    const { kind, with: params } = step
    const words = wordsOf({ kind, params }, book)
    const before = byWords.get(words)
    const names = [...(before?.steps ?? []), { service, step: step.id }]
    byWords.set(words, { words, steps: names, kind, params })
  }
  return [...byWords.values()].map((one) => ({ ...one, steps: onceEach(one.steps) }))
}

/** A mark of what a step says, in full: two steps with the same one do the same. */
export function wordsOf(
  { kind, params }: Pick<ToRehearse, 'kind' | 'params'>,
  book: Pick<Runbook, 'cluster' | 'namespace'>,
): string {
  const key = wholeKey({ kind, params }, book) ?? canonicalJson([book.cluster, book.namespace, kind, params])
  return sha256Hex(key).slice(0, 32)
}

function isTried(kind: string): boolean {
  const declared = kindOf(kind)
  if (declared === undefined || !hasHands(kind)) return false
  return isChange(declared) || !('awaits' in declared)
}

function onceEach(names: readonly StepName[]): readonly StepName[] {
  const isSame = (a: StepName, b: StepName) => a.service === b.service && a.step === b.step
  return names.filter((name, i) => names.findIndex((other) => isSame(other, name)) === i)
}

/** A result is one payload of Temporal, which takes 2 MB; a step whose failure quotes much takes 2 KB of it. */
export const mostRehearsed = 400

/** As many as a report holds, and how many are left out. */
export function asManyAsFit(all: readonly ToRehearse[]): {
  readonly tried: readonly ToRehearse[]
  readonly untried: number
} {
  const tried: ToRehearse[] = []
  let [room, untried] = [mostRehearsed, 0]
  for (const one of all) {
    const fits = one.steps.slice(0, room)
    if (fits.length > 0) tried.push({ ...one, steps: fits })
    room -= fits.length
    untried += one.steps.length - fits.length
  }
  return { tried, untried }
}

/** A copy that is there, or not there yet, and what another step holds. */
const notNow: readonly FailureName[] = [
  'target-busy',
  'copy-exists',
  'copy-not-usable',
  'copy-of-drill',
  'copy-in-use',
]

/** Whether a step that ended with it is only not for now. What is missing, forbidden or misnamed is rot. */
export function isNotNow({ name, params }: Failure): boolean {
  return notNow.includes(name) || (name === 'precondition-failed' && params.lasts === forNow.lasts)
}

/** The newest that is known of a step. */
export type Proof = {
  readonly at: string
  readonly version: number
  /** It was this very version of the runbook. */
  readonly current: boolean
  readonly found: Rehearsed
}

/**
 * What reports, the newest first, prove of a step with these words. One of this very version goes before those of others; undefined where none of
 * them tried those words, whatever they tried under the name of the step.
 */
export function proofOf(
  reports: readonly RehearsalReport[],
  words: string,
  sha256: string,
): Proof | undefined {
  const proofs = reports.flatMap(({ startedAt, version, sha256: of, steps }): Proof[] => {
    const found = steps.find((one) => one.words === words)
    return found === undefined ? [] : [{ at: startedAt, version, current: of === sha256, found }]
  })
  return proofs.find(({ current }) => current) ?? proofs[0]
}
