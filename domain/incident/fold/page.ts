import type { Actor, PageReason, Receipt, Severity, Text } from '../../words.ts'

/** One message to one person over one channel: what the notify activity is handed. Holds no secret; the worker knows the channels. */
export type PageCall = {
  /** `shodo-42/team-lead/tanaka/oncall/1`: goes out as Idempotency-Key, the same over every retry of this attempt. */
  readonly key: string
  readonly incident: string
  readonly level: string
  readonly reason: PageReason
  readonly person: string
  readonly channel: string
  /** Which page of this level to this person it is, whatever about: another try of a page, or a page of its own. */
  readonly attempt: number
  readonly severity: Severity
  readonly service: string
  readonly symptom?: string
  /** The run of a step that waits for people, where that is the reason. */
  readonly step?: string
  /** What somebody wants this person to know, where that is the reason. */
  readonly message?: { readonly by: Actor; readonly text: string }
  /** Items of a checklist that are not done, where that is the reason. */
  readonly items?: readonly string[]
  /** The declaration's first 500 characters. */
  readonly description: string
  readonly says: Text
  readonly declaredBy: Actor
  readonly dueMs: number
  readonly timezone: string
  /** The timeline's head when the page was decided: the receiver holds a proof outside of ours. */
  readonly head: Receipt
}

/** What a worker itself sends, of no incident or past the workflow that cannot page any more. Of no timeline, so its head is empty. */
export type Alarm = Omit<PageCall, 'reason'> & {
  readonly reason: 'workflow-stuck' | 'archive-failed' | 'rehearsal-failed'
}

/** When the channel took it (epoch ms of the worker's clock) and the channel's own name for it, if it gave one. */
export type PageSent = { readonly sentAtMs: number; readonly reference?: string }
