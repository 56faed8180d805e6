/**
 * The rehearsal of a runbook: each step is tried as far as it changes nothing. A reading step is read; of a change the plan is made, and if
 * its kind can, the target itself is asked to try it without keeping anything.
 */
import type { Failure, FailureName } from '../failures.ts'
import { fillStep, missingIn } from '../runbook/fill.ts'
import { wholeKey } from '../runbook/published.ts'
import type { Runbook } from '../runbook/runbook.ts'
import { hasHands, isChange, kindOf } from '../steps/catalogue.ts'
import type { StepParams } from '../steps/contract.ts'
import { severities, type Text } from '../words.ts'

/**
 * How far a step was tried. `nothing-to-do`: its target is there and already as wanted, so the change itself was not tried.
 */
export type Tried = 'read' | 'dry-run' | 'planned' | 'nothing-to-do'

/** What the hands say of one step. */
export type TriedStep = { readonly tried: Tried; readonly says: Text }

/** A step as it is tried: the same words stand there once, for all services that have them. */
export type ToRehearse = {
  readonly steps: readonly StepName[]
  readonly kind: string
  readonly params: StepParams
}

export type StepName = { readonly service: string; readonly step: string }

/** How the rehearsal of one step ended. */
export type Rehearsed = StepName & {
  readonly kind: string
} & (
    | ({ readonly ok: true } & TriedStep)
    /** It is not for now: the target is in no state for it. */
    | { readonly ok: null; readonly says: Text }
    /** Rot: it would fail in an incident too. */
    | { readonly ok: false; readonly failure: Failure }
  )

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
  /** Who was told of what failed. */
  readonly told?: readonly string[]
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
    const key = wholeKey({ kind, params }, book) ?? `${kind} ${JSON.stringify(params)}`
    const before = byWords.get(key)
    const names = [...(before?.steps ?? []), { service, step: step.id }]
    byWords.set(key, { steps: names, kind, params })
  }
  return [...byWords.values()].map((one) => ({ ...one, steps: onceEach(one.steps) }))
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

/** The state of a target that a step is not for; tomorrow it may be. What is missing or forbidden is not among them. */
const notNow: readonly FailureName[] = [
  'precondition-failed',
  'target-busy',
  'look-first',
  'copy-exists',
  'copy-of-drill',
  'copy-in-use',
  'drill-yielded',
  'nothing-to-verify',
]

/** Whether a step that ended with it is only not for now. */
export function isNotNow({ name }: Failure): boolean {
  return notNow.includes(name)
}

/** The newest that is known of a step. */
export type Proof = {
  readonly at: string
  readonly version: number
  /** It was this very version of the runbook. */
  readonly current: boolean
  readonly found: Rehearsed
}

/** Of reports, the newest first; undefined where none of them knows the step. */
export function proofOf(
  reports: readonly RehearsalReport[],
  { service, step }: StepName,
  sha256: string,
): Proof | undefined {
  for (const { startedAt, version, sha256: of, steps } of reports) {
    const found = steps.find((one) => one.service === service && one.step === step)
    if (found !== undefined) return { at: startedAt, version, current: of === sha256, found }
  }
  return undefined
}
