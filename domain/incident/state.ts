/** What an incident is at a moment: the fold of its events. Plain JSON, so that a continue-as-new cut loses nothing. */
import type { PageCall, PageReason } from '../escalation/page.ts'
import type { Failure } from '../failures.ts'
import type { PublishedRunbook } from '../runbook/runbook.ts'
import type { Approval, Done, Finding, Plan, StepParams } from '../steps/contract.ts'
import type { Actor, Impact, Phase, Risk, Severity, Text } from '../words.ts'
import type { EventData, PartResult } from './events.ts'

/** The newest rules of decide; the desk fixes the number when it opens an incident. See docs/patches.md. */
export const newestRules = 1

export const stepStatuses = [
  'planning',
  'proposed',
  'running',
  'verifying',
  'checking',
  'reading',
  'done',
  'verified',
  'failed',
  'rejected',
  'expired',
  'left-out',
  'undone',
] as const
export type StepStatus = (typeof stepStatuses)[number]

/** One run of a step. `id` is what people type (`rollback`, the second one `rollback.2`). */
export type StepRun = {
  readonly id: string
  readonly step: string
  readonly kind: string
  readonly title: Text
  readonly params: StepParams
  readonly origin: 'runbook' | 'person' | 'recovery' | 'undo'
  readonly requestedBy: Actor
  readonly requestedAt: string
  readonly because?: Text
  readonly undoes?: string
  readonly undoneBy?: string
  readonly status: StepStatus
  readonly plan?: Plan
  readonly hash?: string
  readonly risk: Risk
  readonly approvalsNeeded: number
  readonly approvals: readonly (Approval & { readonly by: Actor })[]
  readonly expiresAtMs?: number
  readonly allowedBy?: string
  readonly done?: Done
  readonly failure?: Failure
  readonly endedAt?: string
}

export type Page = {
  readonly call: Omit<PageCall, 'head'>
  readonly status: 'sending' | 'sent' | 'failed' | 'cancelled'
  /** How often this channel was tried in a row. */
  readonly tries: number
  readonly retryAtMs?: number
  readonly retryOver?: string
}

export type AlertsState = {
  /** Longest not heard of first. */
  readonly groups: readonly EventData['alerts-changed'][]
  /** A resolution was proposed since they are clear. */
  readonly clearTold: boolean
}

export type IncidentState = {
  readonly id: string
  readonly rules: number
  readonly lab: boolean
  readonly runbook: PublishedRunbook
  readonly declaredAtMs: number
  readonly declaredBy: Actor
  readonly description: string
  readonly service: string
  readonly symptom?: string
  readonly severity: Severity
  readonly impact?: Impact
  readonly dataLoss: boolean
  readonly breach: boolean
  readonly phase: Phase
  readonly reports: number
  readonly acknowledged?: { readonly by: Actor; readonly at: string }
  readonly commander?: string
  readonly responders: readonly string[]
  readonly eta?: string
  readonly lastUpdateAtMs: number
  /** The newest notes; all of them are in the timeline. */
  readonly notes: readonly { readonly at: string; readonly by: Actor; readonly text: string }[]
  readonly checks: { readonly [item: string]: { readonly by: Actor; readonly at: string } }
  readonly situation: {
    readonly wanted: number
    readonly requestedAtMs: number
    readonly taken?: {
      readonly number: number
      readonly at: string
      readonly tookMs: number
      readonly parts: { readonly [part: string]: PartResult }
    }
  }
  readonly findings: readonly Finding[]
  readonly steps: { readonly [run: string]: StepRun }
  readonly recovery?: {
    /** The one whose quick steps these are, whatever becomes of the incident's severity. */
    readonly severity: Severity
    readonly steps: readonly string[]
    readonly untilMs: number
    /** Dropped: people resolved or cancelled the incident before it came to a verdict. */
    readonly status: 'running' | 'verified' | 'failed' | 'dropped'
  }
  readonly resolutionProposed: boolean
  /** There since the first group of alerts was heard of. */
  readonly alerts?: AlertsState
  readonly escalation: {
    readonly [level: string]: {
      readonly dueMs?: number
      readonly reason: PageReason
      readonly firedAt?: string
    }
  }
  readonly pages: { readonly [key: string]: Page }
  readonly resolved?: { readonly by: Actor; readonly at: string }
  readonly closed?: { readonly by: Actor; readonly at: string }
  readonly frozen?: { readonly by: Actor; readonly at: string }
  readonly internalErrors: number
  /** When the first level was last called for an internal error, epoch ms. */
  readonly lastAlarmMs?: number
  /** Which run of the workflow this is (1, 2, …) and the newest one that lies in the archive. */
  readonly run: number
  readonly archivedRun: number
}

export const ended: readonly StepStatus[] = [
  'done',
  'verified',
  'failed',
  'rejected',
  'expired',
  'left-out',
  'undone',
]

export function isOver(state: IncidentState): boolean {
  return state.phase === 'closed' || state.phase === 'cancelled' || state.phase === 'merged'
}

/** Alerts are known of, and none of them fires. */
export function alertsAreClear({ alerts }: Pick<IncidentState, 'alerts'>): boolean {
  const groups = alerts?.groups ?? []
  return groups.length > 0 && groups.every((group) => group.clear)
}

/** Nobody is paged any more. */
export function isCalm(state: IncidentState): boolean {
  if (isOver(state) || state.phase === 'resolved') return true
  switch (state.runbook.book.escalation.until) {
    case 'acknowledged':
      return state.acknowledged !== undefined
    case 'mitigated':
      return state.phase === 'monitoring'
    case 'resolved':
      return false
  }
}
