/**
 * A step kind has two halves. The declaration (here, `domain/steps/<system>.ts`) says everything that can be said without touching
 * anything; the hands (`activities/<system>/`) carry it out. `Hands` below is derived from the declarations: a missing half does
 * not compile. What people do themselves (`by: 'person'`) has the first half alone. See docs/adr/0003-undo-is-a-step.md for why undo
 * belongs to the declaration.
 */
import type { z } from 'zod'
import type { Failure } from '../failures.ts'
import type { Actor, Json, Receipt, Risk, Text, Words } from '../words.ts'
import type { FindingCode } from './finding-codes.ts'
import { type Needs, nothing } from './needs.ts'

/** Something seen that speaks for a symptom. `subject` names the thing, such as `deployment/shodo/shodo-backend`. */
export type Finding = {
  readonly code: FindingCode
  readonly subject: string
  readonly service?: string
  readonly says: Text
  /** What it is seen by: quoted from the other side, or figures in a sentence of ours. */
  readonly evidence: readonly Words[]
  readonly data: Json
  /** What a step of that kind has to be told to answer this very finding; it goes over what the runbook says. */
  readonly answers?: { readonly [kind: string]: StepParams }
}

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
  /** The incident is one of a lab, where nobody is verified: only a lab's worker takes it. */
  readonly lab?: true
}

/** What a reading step saw. `text` is an excerpt for people (at most 16 KiB in each language), `facts` the figures. */
export type Reading = {
  readonly facts: Json
  readonly findings: readonly Finding[]
  readonly text?: Words
  /** There was more than it says, or it was kept from looking: a finding that is missing here need not be gone. */
  readonly partial?: true
}

/** The exact change, worked out before anybody is asked. It is hashed and signed with its terms (domain/approval/proposal.ts). */
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
  /** What the policy of the worker that would make the change asks at least; the worker adds it to what its hand planned. */
  readonly asks?: Need
}

/** How dangerous a change is, and how many people have to agree. */
export type Need = { readonly risk: Exclude<Risk, 'read'>; readonly approvals: number }

/** What people agree to besides the change itself. */
export type Terms = {
  readonly title: Text
  readonly because?: Text
  readonly risk: Risk
  readonly approvals: number
  readonly requestedBy: Actor
  /** The runbook that the incident was opened with. */
  readonly runbookSha256: string
  /** ISO 8601: no approval is worth anything afterwards. */
  readonly expiresAt: string
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

/** A name of the kind's own parameters; any name where the kind is not known. */
type ParamOf<Params extends z.ZodType> = z.ZodType extends Params ? string : keyof z.infer<Params> & string

type Declared<Params extends z.ZodType> = {
  readonly title: Text
  readonly params: Params
  /** Rights and roles that its hands need, whatever its parameters; `nothing` where an address is enough. */
  readonly needs: Needs
  /** Finding codes it can report. */
  readonly finds: readonly FindingCode[]
  /** Parameters that a person may choose at `run`. Every other one is as the published runbook says it. */
  readonly byHand: readonly ParamOf<Params>[]
  /** Parameters that must be the health address of one of the runbook's services. */
  readonly healthOf?: readonly string[]
}

export type ReadKind<Params extends z.ZodType = z.ZodType> = Declared<Params> & {
  readonly risk: 'read'
  /** Waits until the service is healthy: used after a repair, never for diagnosis. */
  readonly awaits?: true
  /** It is a test, and what it finds has failed: a script that reads it by hand goes by the exit code. */
  readonly tests?: true
  /** Its facts have a `count`, of the time from `since` to `until`. */
  readonly counts?: true
  /** It takes longer than a picture has, or its target feels it: no picture repeats it, so what it found stands until it is run again. */
  readonly heavy?: (params: z.infer<Params>) => boolean
  /** Whether it sees, with these parameters, whatever it sees with the other ones. */
  readonly covers?: (params: z.infer<Params>, other: z.infer<Params>) => boolean
}

export type ChangeKind<Params extends z.ZodType = z.ZodType> = Declared<Params> & {
  readonly risk: Exclude<Risk, 'read'>
  /** The risk of one exact plan, where it differs: deleting pods that are not Ready takes nothing away. */
  readonly riskOf?: (plan: Plan) => Exclude<Risk, 'read'>
  readonly undo: (params: z.infer<Params>, plan: Plan) => Undo
  /** What a verified person may choose besides, such as another target than the runbook's, and then one more has to approve. */
  readonly byVerifiedHand?: readonly ParamOf<Params>[]
  /**
   * It is the way back of these kinds: a runbook that has one of them has this too, with the same parameters of these names. What it names
   * besides is known only once that was done, such as a copy.
   */
  readonly undoes?: { readonly kinds: readonly StepKindName[]; readonly with: readonly ParamOf<Params>[] }
  /** A second attempt would do it all again: where the first one is lost, people are told that its end is not known. */
  readonly once?: true
  /** Hours rather than a minute: it does its work in tasks that outlive the worker, and finds them again (docs/adr/0016-a-restore-is-steps.md). */
  readonly takes?: 'long'
  /** It consists of several requests: one may be refused when others have been taken. */
  readonly piecemeal?: true
  /** Its plan has the target itself try the change, without keeping anything (Kubernetes: `dryRun: All`). */
  readonly dryRun?: true
  /** Not a repair: it does not move the incident to "mitigating", and its success is no evidence of recovery. */
  readonly repairs?: false
}

/** A person carries it out and says so: it has no hands, needs no rights, and how dangerous it is nobody here can know. */
export type PersonKind<Params extends z.ZodType = z.ZodType> = Declared<Params> & {
  readonly by: 'person'
  readonly risk?: never
}

export type StepKind = ReadKind | ChangeKind | PersonKind

export function readKind<P extends z.ZodType>(kind: Omit<ReadKind<P>, 'risk'>): ReadKind<P> {
  return { ...kind, risk: 'read' }
}

export function changeKind<P extends z.ZodType>(kind: ChangeKind<P>): ChangeKind<P> {
  return kind
}

export function personKind<P extends z.ZodType>(
  kind: Pick<PersonKind<P>, 'title' | 'params'>,
): PersonKind<P> {
  return { ...kind, by: 'person', byHand: [], needs: nothing, finds: [] }
}

/** Names are `system.verb`; kept as a string here so that the catalogue, not this contract, owns the list. */
export type StepKindName = string

/** What goes into the activities of one step run. */
export type ReadCall = { readonly context: StepContext; readonly params: StepParams }
export type PlanCall = ReadCall
export type RunCall = ReadCall & {
  readonly plan: Plan
  readonly hash: string
  readonly terms: Terms
  readonly approvals: readonly Approval[]
}
export type VerifyCall = RunCall & { readonly done: Done }

/** The other half, per kind; `Hands` in activities/ maps the whole catalogue onto these. */
export type ReadHand<P> = (params: P, context: StepContext) => Promise<Reading>
export type ChangeHand<P> = {
  /**
   * `told` is a plan that people approved, as whoever may write to Temporal can have made it up. The hand plans the same as it is now, and
   * keeps of it only what moves by itself: figures within bounds (isDrift), the time of its making, members that are gone.
   */
  readonly plan: (params: P, context: StepContext, told?: Plan) => Promise<Plan>
  /** Whether the target tells that this plan was carried out: to carry it out once more would change nothing. */
  readonly isDone?: (params: P, plan: Plan, context: StepContext) => Promise<boolean>
  /** `usableUntilMs`: after that no attempt is taken with the approvals of this run, epoch ms. */
  readonly run: (params: P, plan: Plan, context: StepContext, usableUntilMs?: number) => Promise<Done>
  readonly verify: (params: P, plan: Plan, done: Done, context: StepContext) => Promise<Verified>
}
export type HandOf<K> =
  K extends ChangeKind<infer P>
    ? ChangeHand<z.infer<P>>
    : K extends ReadKind<infer P>
      ? ReadHand<z.infer<P>>
      : never

/** What an event keeps of a call: its value, or the failure that it ended with. */
export function resultOf(outcome: Outcome<Json>): Json {
  return outcome.ok ? outcome.value : ({ failure: outcome.failure } as unknown as Json)
}

/** How a call ended: hands never throw through the workflow's story, the shell turns everything into one of these. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly attempt: number }
  /** The attempt that failed; missing where nobody knows how many there were. */
  | { readonly ok: false; readonly failure: Failure; readonly attempt?: number }
