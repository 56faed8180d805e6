/** What an incident is at a moment: the fold of its events. Plain JSON, so that a continue-as-new cut loses nothing. */

import type { Failure } from '../../failures.ts'
import type { PublishedRunbook } from '../../runbook/runbook.ts'
import type { Approval, Done, Finding, Plan, StepParams } from '../../steps/contract.ts'
import {
  type Actor,
  type Impact,
  isEnd,
  type PageReason,
  type Phase,
  type Proof,
  type Risk,
  type Severity,
  type StepStatus,
  type Text,
} from '../../words.ts'
import type { EventData, PartResult } from './events.ts'

import type { PageCall } from './page.ts'

/** The newest rules of decide; the desk fixes the number when it opens an incident. See docs/patches.md. */
export const newestRules = 1

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
  /** The key of the finding that it answers, and whether that was gone since. */
  readonly finding?: string
  readonly reasonGone?: true
  /** It was withdrawn because what it comes after is asked for once more: its turn can come again. */
  readonly heldBack?: true
  readonly undoes?: string
  readonly byHand?: readonly string[]
  readonly undoneBy?: string
  readonly status: StepStatus
  readonly plan?: Plan
  readonly hash?: string
  /** Missing where people carry it out. */
  readonly risk?: Risk
  readonly approvalsNeeded: number
  readonly approvals: readonly (Approval & { readonly by: Actor })[]
  readonly proposedAtMs?: number
  readonly expiresAtMs?: number
  readonly startedAtMs?: number
  /** Somebody was called because it waits for consent, or for hands. */
  readonly reminded?: true
  readonly allowedBy?: string
  readonly done?: Done
  /** What was seen of the target once the change had taken effect. */
  readonly settled?: Text
  readonly failure?: Failure
  /** How often people asked again whether it took effect. */
  readonly verifications?: number
  /** What a run that failed is known to have left on its target. */
  readonly changed?: EventData['step-failed']['changed']
  readonly endedAt?: string
  /** What a person said of it: done, decided, or why it is skipped. */
  readonly told?: {
    readonly by: Actor
    readonly saw?: string
    readonly option?: string
    readonly reason?: string
  }
  readonly retriedBy?: string
}

export type Page = {
  readonly call: Omit<PageCall, 'head'>
  readonly status: 'sending' | 'sent' | 'failed' | 'cancelled'
  /** How often this channel was tried in a row. */
  readonly tries: number
  /** The person was told since that it is over. */
  readonly cleared?: true
  readonly retryAtMs?: number
  readonly retryOver?: string
}

export type AlertsState = {
  /** Longest not heard of first. */
  readonly groups: readonly EventData['alerts-changed'][]
}

/** When a level of the policy is called, and when it was. */
export type Called = {
  /** Why it is due, or was called last. */
  readonly reason: PageReason
  /** A call that is due if nothing changes. */
  readonly dueMs?: number
  /** When it was last called, ISO. */
  readonly firedAt?: string
  /** It is called again at this time unless somebody acknowledges. */
  readonly repeatMs?: number
}

/** A finding as it is carried. */
export type KnownFinding = Finding & {
  readonly foundAt: string
  /** The readings that saw it and have not answered without it since; see gone.ts. */
  readonly seenBy: readonly string[]
  /** Number of the newest picture that had been asked for when it was last seen. */
  readonly seenIn: number
}

/** Who raised the severity, and from what. There while only one person stands behind it. */
export type Raised = { readonly by: Actor; readonly from: Severity }

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
  /** There while one person alone stands behind a severity that was raised. */
  readonly raised?: Raised
  /** The declaration's, or the last that a verified person stood for since. */
  readonly severityOf: { readonly by: Actor; readonly severity: Severity }
  /** The worst that it has been since it was declared or reopened: people are called once for each step up. */
  readonly worst: Severity
  readonly impact?: Impact
  readonly dataLoss: boolean
  readonly breach: boolean
  /** Who said of a risk that stands that it does. */
  readonly risksBy: { readonly dataLoss?: Actor; readonly breach?: Actor }
  readonly phase: Phase
  readonly reports: number
  readonly acknowledged?: { readonly by: Actor; readonly at: string }
  /** When a person last did something about it, epoch ms. */
  readonly actedAtMs?: number
  readonly commander?: string
  readonly responders: readonly string[]
  readonly eta?: string
  readonly lastUpdateAtMs: number
  /** When the commander was last reminded of the next update, epoch ms. */
  readonly remindedMs?: number
  /** The newest notes; all of them are in the timeline. */
  readonly notes: readonly { readonly at: string; readonly by: Actor; readonly text: string }[]
  readonly checks: {
    readonly [item: string]: { readonly by: Actor; readonly at: string; readonly proof?: Proof }
  }
  /** Items of the checklists for which somebody was called. */
  readonly itemsReminded: readonly string[]
  readonly situation: {
    readonly wanted: number
    readonly requestedAtMs: number
    /** It looks again by itself: what others read in the same moment serves as well. */
    readonly again?: true
    readonly taken?: {
      readonly number: number
      readonly at: string
      readonly tookMs: number
      readonly parts: { readonly [part: string]: PartResult }
    }
  }
  readonly findings: readonly KnownFinding[]
  readonly steps: { readonly [run: string]: StepRun }
  readonly recovery?: {
    /** The one whose quick steps these are, whatever becomes of the incident's severity. */
    readonly severity: Severity
    /** Their number among this incident's recoveries, from 1. */
    readonly number: number
    readonly steps: readonly string[]
    readonly untilMs: number
    /** Dropped: people resolved or cancelled the incident before it came to a verdict. */
    readonly status: 'running' | 'verified' | 'failed' | 'dropped'
  }
  readonly recoveries: number
  /** What speaks for a recovery; a picture that was asked for after number `after` has to show it. */
  readonly proof?: { readonly says: Text; readonly after: number }
  readonly resolutionProposed: boolean
  /** Number of the picture up to which it is looked again every minute, since it looked recovered a moment ago. */
  readonly watchedTo?: number
  /** There since the first group of alerts was heard from. */
  readonly alerts?: AlertsState
  readonly escalation: { readonly [level: string]: Called }
  readonly pages: { readonly [key: string]: Page }
  readonly resolved?: {
    readonly by: Actor
    readonly at: string
    /** Number of the newest picture that had been asked for before. */
    readonly after: number
  }
  /** How many users it reached, and the run that counted them. */
  readonly affected?: { readonly count: number; readonly run: string }
  readonly closed?: {
    readonly by: Actor
    readonly at: string
    /** There while its last checklist is being worked off; epoch ms. */
    readonly later?: { readonly untilMs: number; readonly sinceRun: number }
  }
  readonly frozen?: { readonly by: Actor; readonly at: string }
  /** The newest word of the desk on that, by its moment there. */
  readonly freezeVersion?: number
  readonly internalErrors: number
  /** When the first level was last called for an internal error, epoch ms. */
  readonly lastAlarmMs?: number
  /** Which run of the workflow this is (1, 2, …) and the newest one that lies in the archive. */
  readonly run: number
  readonly archivedRun: number
  /** Where what was collected at its close lies, below the archive. */
  readonly evidence?: string
}

export function isOver(state: IncidentState): boolean {
  return isEnd(state.phase)
}

/** What the checklists require and nobody has ticked. */
export function leftToDo({ runbook, checks }: Pick<IncidentState, 'runbook' | 'checks'>): readonly string[] {
  const { firstResponse, afterwards } = runbook.book
  return [...firstResponse, ...afterwards]
    .filter(({ id, required }) => required && !Object.hasOwn(checks, id))
    .map(({ id }) => id)
}

/** What people still mean to do of an incident that is over. */
export function toWorkOff(state: IncidentState): readonly string[] {
  return state.closed?.later === undefined ? [] : leftToDo(state)
}

/** Over, and nothing of it is left to be worked off: its workflow ends. */
export function isDone(state: IncidentState): boolean {
  return isOver(state) && toWorkOff(state).length === 0
}

/** Some of the alerts that are known of still fire, or may. */
export function alertsFire(state: Pick<IncidentState, 'alerts'>): boolean {
  return (state.alerts?.groups.length ?? 0) > 0 && !alertsAreClear(state)
}

/** At least one group is known, and none is firing. */
export function alertsAreClear({ alerts }: Pick<IncidentState, 'alerts'>): boolean {
  const groups = alerts?.groups ?? []
  return groups.length > 0 && groups.every((group) => group.clear)
}

/** Over, or resolved. */
export function hasEnded(state: IncidentState): boolean {
  return isOver(state) || state.phase === 'resolved'
}

/** Nobody is due any more. */
export function isCalm(state: IncidentState): boolean {
  if (hasEnded(state)) return true
  switch (state.runbook.book.escalation.until) {
    case 'acknowledged':
      return state.acknowledged !== undefined
    case 'mitigated':
      return state.phase === 'monitoring'
    case 'resolved':
      return false
  }
}
