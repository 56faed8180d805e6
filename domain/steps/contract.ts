/**
 * A step kind has two halves. The declaration (here, `domain/steps/<system>.ts`) says everything that can be said without touching
 * anything; the hands (`activities/<system>/`) carry it out. `Hands` below is derived from the declarations: a missing half does
 * not compile. See docs/adr/0003-undo-is-a-step.md for why undo belongs to the declaration.
 */
import type { z } from 'zod'
import type { Failure } from '../failures.ts'
import type { Json, Receipt, Risk, Text } from '../words.ts'

/** Something seen that speaks for a symptom. `subject` names the thing, such as `deployment/shodo/shodo-backend`. */
export type Finding = {
  readonly code: FindingCode
  readonly subject: string
  readonly service?: string
  readonly says: Text
  readonly evidence: readonly string[]
  readonly data: Json
}

export const findingCodes = [
  'crash-loop',
  'oom-killed',
  'image-not-pulled',
  'pods-pending',
  'bad-rollout',
  'pods-not-ready',
  'service-dead',
  'health-failing',
  'slow-responses',
  'errors-in-logs',
  'database-down',
  'connections-exhausted',
  'idle-connections',
  'replica-gone',
  'replica-lag',
  'redis-down',
  'redis-full',
  'redis-memory-high',
  'memory-near-limit',
  'gpu-missing',
  'gpu-memory-full',
  'model-missing',
  'target-down',
  'alert-firing',
  'right-missing',
  'not-prepared',
] as const
export type FindingCode = (typeof findingCodes)[number]

/** What every hand is given besides its parameters. */
export type StepContext = {
  /** `shodo-42` */
  readonly incident: string
  /** The step-run id, `shodo-42/rollback`: written on the target, the same over every retry. */
  readonly stepRun: string
  readonly cluster: string
  readonly namespace: string
  /** When the call was scheduled, epoch ms of the workflow's clock. */
  readonly nowMs: number
  /** The timeline's head when the call was scheduled: one of the receipts that `replay` checks. */
  readonly head: Receipt
}

/** What a reading step saw. `text` is an excerpt for people (at most 16 KiB), `facts` the figures. */
export type Reading = { readonly facts: Json; readonly findings: readonly Finding[]; readonly text?: string }

/** The exact change, worked out before anybody is asked. What is approved is the hash over target, change and before. */
export type Plan = {
  /** `deployment/shodo/shodo-backend`; Lease and blast radius go by it. */
  readonly target: string
  /** One sentence: what will be changed, from what to what. */
  readonly says: Text
  /** True when the target is already as wanted: the step ends as done without a change. */
  readonly nothingToDo: boolean
  /** The change with every name resolved (UIDs, template hashes), never relative words such as "previous". */
  readonly change: Json
  /** What was found, enough to check it again right before the change and to undo it. */
  readonly before: Json
  /** Pods that the change takes down at once. */
  readonly pods: { readonly ready: number; readonly notReady: number; readonly ofReady: number }
}

/** What a change did. `already` is true when a retry found its own work done. */
export type Done = { readonly says: Text; readonly already: boolean; readonly after: Json }

/** Whether the target became what was wanted. */
export type Verified = { readonly ok: boolean; readonly says: Text; readonly facts: Json }

/** A person's approval as it is handed to the hand that makes the change. */
export type Approval = {
  readonly person: string
  readonly verified: boolean
  readonly at: string
  /** Hash of the step that was approved. */
  readonly hash: string
  readonly attestation?: string
}

export type StepParams = Readonly<Record<string, unknown>>

/** How a step finds its way back: another step of the catalogue, or the sentence why there is none. */
export type Undo =
  | { readonly kind: StepKindName; readonly with: StepParams }
  | { readonly irreversible: Text }

type Declared<Params extends z.ZodType> = {
  readonly title: Text
  readonly params: Params
  /** Finding codes it can report. */
  readonly finds: readonly FindingCode[]
  /** Parameters that must be the health address of one of the runbook's services. */
  readonly healthOf?: readonly string[]
}

export type ReadKind<Params extends z.ZodType = z.ZodType> = Declared<Params> & {
  readonly risk: 'read'
  /** It waits for things to become well: for after a repair, and not for finding out what is wrong. */
  readonly awaits?: true
  /**
   * Parameters that only the published runbook may say, never the person who runs the step: a reading runs without an approval,
   * so what it does must have been looked at before.
   */
  readonly asPublished?: readonly string[]
}

export type ChangeKind<Params extends z.ZodType = z.ZodType> = Declared<Params> & {
  readonly risk: Exclude<Risk, 'read'>
  /** The risk of one exact plan, where it differs: deleting pods that are not Ready takes nothing away. */
  readonly riskOf?: (plan: Plan) => Exclude<Risk, 'read'>
  readonly undo: (params: z.infer<Params>, plan: Plan) => Undo
  /** It repairs nothing: while it runs nobody mitigates, and that it went well proves nothing. */
  readonly repairs?: false
}

export function readKind<P extends z.ZodType>(kind: Omit<ReadKind<P>, 'risk'>): ReadKind<P> {
  return { ...kind, risk: 'read' }
}

export function changeKind<P extends z.ZodType>(kind: ChangeKind<P>): ChangeKind<P> {
  return kind
}

/** Names are `system.verb`; kept as a string here so that the catalogue, not this contract, owns the list. */
export type StepKindName = string

/** What goes into the activities of one step run. */
export type ReadCall = { readonly context: StepContext; readonly params: StepParams }
export type PlanCall = ReadCall
export type RunCall = ReadCall & {
  readonly plan: Plan
  readonly hash: string
  readonly approvals: readonly Approval[]
}
export type VerifyCall = RunCall & { readonly done: Done }

/** The other half, per kind; `Hands` in activities/ maps the whole catalogue onto these. */
export type ReadHand<P> = (params: P, context: StepContext) => Promise<Reading>
export type ChangeHand<P> = {
  readonly plan: (params: P, context: StepContext) => Promise<Plan>
  readonly run: (params: P, plan: Plan, context: StepContext) => Promise<Done>
  readonly verify: (params: P, plan: Plan, done: Done, context: StepContext) => Promise<Verified>
}
export type HandOf<K> =
  K extends ChangeKind<infer P>
    ? ChangeHand<z.infer<P>>
    : K extends ReadKind<infer P>
      ? ReadHand<z.infer<P>>
      : never

/** How a call ended: hands never throw through the workflow's story, the shell turns everything into one of these. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly attempt: number }
  | { readonly ok: false; readonly failure: Failure }
