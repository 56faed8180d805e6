/** What a proof is made of: the runs of a workflow, re-executed. */
import type { TimelineEvent } from './chain.ts'
import type { Sent } from './unlike.ts'

/** One run of a workflow: what its history holds, and what re-executing it gave. */
export type RunEvidence = {
  /** Its place among the histories; which run it is says its input. */
  readonly run: number
  readonly runId: string
  /** The run before it and the one after it, as its history names them. */
  readonly follows?: string
  readonly next?: string
  /** As its first event has it: where a reset made the run, that of the one before. */
  readonly startedAs: string
  /** The number in the name of its file, where it comes from one. */
  readonly named?: number
  /** Events of Temporal's that are not there although later ones are. */
  readonly gap?: number
  /** How its history ends; `outside`: Temporal ended it, not the workflow. */
  readonly end: 'continued' | 'closed' | 'outside' | 'none'
  readonly resets: readonly Reset[]
  readonly input: unknown
  readonly recorded: readonly Sent[]
  readonly events: readonly TimelineEvent[]
  readonly sent: readonly Sent[]
  /** Set where the re-execution could not follow the history to its end. */
  readonly broke?: string
}

/** Somebody set a run back: what it held after that event was taken out of the story. */
export type Reset = {
  readonly run: number
  /** Temporal's event from which it went another way, and when that was. */
  readonly event: number
  readonly at: string
  readonly reason: string
  readonly formerRunId: string
  /** Events of the timeline that only the former run has; undefined where its history is not here. */
  readonly lost?: number
}
