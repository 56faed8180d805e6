/** Everything that can stand in an incident's timeline. Older events stay readable for ever: members are added, never changed. */

import type { KeptLogs } from '../../evidence/kept-logs.ts'
import type { Failure } from '../../failures.ts'
import type { ConnectedSystem } from '../../runbook/connections-used.ts'
import type { PublishedRunbook } from '../../runbook/runbook.ts'
import type { Approval, Done, Finding, Plan, Reading, StepParams, Verified } from '../../steps/contract.ts'
import type { Fact, TimelineEvent } from '../../timeline/chain.ts'
import type {
  Actor,
  Impact,
  Json,
  PageReason,
  Phase,
  Proof,
  Risk,
  Severity,
  Text,
  Words,
} from '../../words.ts'
import type { Declaration } from '../commands.ts'
import type { PageCall } from './page.ts'

/** A part of the picture: what was seen, or why nothing was. */
export type PartResult =
  | { readonly ok: true; readonly reading: Reading }
  | { readonly ok: false; readonly failure: Failure }

export type EventData = {
  declared: Declaration & {
    readonly rules: number
    readonly incident: string
    readonly lab: boolean
    readonly frozen: boolean
    /** The snapshot's name and proof; the snapshot itself travels in the workflow's input. */
    readonly runbook: Omit<PublishedRunbook, 'book'> & { readonly name: string }
    /** SHA-256 of the whole input that the workflow was started with. */
    readonly inputSha256: string
  }
  reported: { readonly declaration: Declaration }
  'alerts-changed': {
    readonly group: string
    readonly version: number
    /** How often one of its alerts began to fire, how many fire now. */
    readonly fired: number
    readonly firing: number
    /** Nothing fires, and the sender listed all. */
    readonly clear: boolean
    /** As bad as the worst of them. */
    readonly severity: Severity
  }
  acknowledged: Record<string, never>
  /** For longer than the policy allows nobody did anything. */
  'acknowledgement-lapsed': Record<string, never>
  noted: { readonly text: string }
  'severity-set': { readonly severity: Severity; readonly was: Severity }
  'impact-set': { readonly impact: Impact }
  'eta-set': { readonly eta: string }
  'commander-set': { readonly person: string }
  'symptom-set': { readonly symptom: string }
  'risk-set': { readonly dataLoss: boolean; readonly breach: boolean }
  /** By a person, or by what the incident shows (`proof`). */
  checked: { readonly item: string; readonly proof?: Proof }
  /** What it was ticked for no longer holds. */
  unchecked: { readonly item: string; readonly proof: Proof }
  'phase-changed': { readonly from: Phase; readonly to: Phase }

  'situation-requested': {
    readonly number: number
    /** Nobody asked and nothing was changed: it is time to look again. */
    readonly again?: true
  }
  'situation-taken': {
    readonly number: number
    readonly tookMs: number
    readonly parts: { readonly [part: string]: PartResult }
  }
  found: {
    readonly finding: Finding
    /** The run of the reading step that brought it; without one it was the picture, by these parts. */
    readonly run?: string
    readonly parts?: readonly string[]
  }
  /** Looked for again, and not there any more. */
  'findings-gone': {
    readonly findings: readonly Pick<Finding, 'code' | 'subject' | 'says'>[]
    readonly run?: string
  }

  'step-requested': {
    readonly run: string
    readonly step: string
    readonly kind: string
    readonly title: Text
    readonly params: StepParams
    readonly origin: 'runbook' | 'person' | 'recovery' | 'undo'
    readonly because?: Text
    /** The key of the finding that it answers. */
    readonly finding?: string
    readonly undoes?: string
    /** Parameters that the person chose otherwise than the runbook. */
    readonly byHand?: readonly string[]
  }
  /** By a person, who says so and what they saw. */
  'step-carried-out': { readonly run: string; readonly saw?: string }
  'step-decided': { readonly run: string; readonly option: string; readonly reason: string }
  /** A run that had not begun, or a new one, so that a step is passed over that nobody asked for yet. */
  'step-skipped': {
    readonly run: string
    readonly step: string
    readonly kind: string
    readonly title: Text
    readonly params: StepParams
    readonly reason: string
  }
  /** Asked for once more, by the run `by`. */
  'step-retried': { readonly run: string; readonly by: string }
  'step-read': { readonly run: string; readonly reading: Reading }
  'step-proposed': {
    readonly run: string
    readonly plan: Plan
    readonly hash: string
    readonly risk: Risk
    readonly approvals: number
    readonly expiresAt: string
  }
  'step-approved': {
    readonly run: string
    readonly hash: string
    readonly attestation?: string
    readonly lab: boolean
  }
  'step-rejected': { readonly run: string; readonly reason: string }
  'step-expired': { readonly run: string }
  /** Its reason is gone, or the recovery that it was a part of failed before it began. */
  /** `after`: what it comes after is asked for once more, as its `after` names it. */
  'step-withdrawn': { readonly run: string; readonly recoveryFailed?: true; readonly after?: string }
  'step-started': {
    readonly run: string
    readonly hash: string
    /** Why it may run: who approved, or the policy that lets it run at once. */
    readonly allowed: { readonly policy: string } | { readonly approvals: readonly Approval[] }
  }
  'step-done': { readonly run: string; readonly done: Done; readonly attempt: number }
  /** The target is as wanted; now its service has to answer well. */
  'step-settled': { readonly run: string; readonly verified: Verified }
  'step-verified': { readonly run: string; readonly verified: Verified; readonly health?: Reading }
  'step-failed': {
    readonly run: string
    readonly stage: 'read' | 'plan' | 'run' | 'verify' | 'health'
    readonly failure: Failure
    /** What is known to stand on the target after the failure. */
    readonly changed: 'nothing' | 'done' | 'unknown'
  }
  /** The change is made and takes longer than anybody watches it: whether it becomes well the picture has to show. */
  'step-going-on': { readonly run: string; readonly failure: Failure }
  /** Somebody wants to know again whether the change took effect. */
  'verification-requested': { readonly run: string }
  /** The runbook offered it everywhere, and this cluster has no system of its kind. */
  'step-left-out': { readonly run: string; readonly system: ConnectedSystem }
  undone: { readonly run: string; readonly by: string }

  'recovery-started': { readonly steps: readonly string[]; readonly until: string }
  'recovery-continued': { readonly steps: readonly string[] }
  'recovery-verified': { readonly tookMs: number; readonly parts: { readonly [part: string]: PartResult } }
  'recovery-failed': { readonly tried: readonly Text[]; readonly why: readonly Text[] }
  'resolution-proposed': { readonly because: Text }

  escalated: {
    readonly level: string
    readonly reason: PageReason
    readonly due: string
    readonly lateMs: number
  }
  /** Somebody sent a message; its pages follow. */
  notified: { readonly message: string; readonly people: readonly string[]; readonly severity?: Severity }
  'page-requested': { readonly page: Omit<PageCall, 'head'> }
  'page-sent': {
    readonly key: string
    readonly due: string
    readonly sent: string
    readonly lateMs: number
    readonly reference?: string
    /** The worker died between send and report: the same key may have gone out before. */
    readonly mayBeRepeat: boolean
  }
  'page-failed': {
    readonly key: string
    readonly failure: Failure
    readonly retryAt?: string
    /** The channel of the next attempt. */
    readonly retryOver?: string
  }
  'page-cancelled': { readonly key: string }

  resolved: Record<string, never>
  reopened: { readonly reason: Words }
  /** What was left to do: `waived` for a reason, or to be done `later`. */
  closed: {
    readonly waived?: readonly string[]
    readonly reason?: string
    readonly later?: readonly string[]
  }
  /** Nobody did these in time. */
  'afterwards-lapsed': { readonly items: readonly string[] }
  cancelled: { readonly reason: string }
  frozen: { readonly on: boolean; readonly version?: number }
  'signal-refused': { readonly signal: string; readonly failure: Failure; readonly inputSha256: string }
  'internal-error': { readonly where: string; readonly reason: Words }
  'cancel-refused': Record<string, never>
  archived: { readonly run: number; readonly runId: string; readonly result: Json }
  continued: { readonly run: number }
  /** The logs that were followed while it was open, or why they are not. */
  'logs-kept': { readonly kept: KeptLogs } | { readonly failure: Failure }
}

export type IncidentEventType = keyof EventData
export type IncidentFact<T extends IncidentEventType = IncidentEventType> = {
  [K in T]: Fact<K, EventData[K]>
}[T]
export type IncidentEvent<T extends IncidentEventType = IncidentEventType> = {
  [K in T]: TimelineEvent<K, EventData[K]>
}[T]

/** Writes down a fact; the types bind its name to its data. */
export function fact<T extends IncidentEventType>(type: T, by: Actor, data: EventData[T]): IncidentFact<T> {
  return { type, by, data } as IncidentFact<T>
}
