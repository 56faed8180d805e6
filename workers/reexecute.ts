/** Re-executes one run of an incident from its history and collects what it makes. Needs no server. */
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { type InjectedSinks, Worker } from '@temporalio/worker'
import type { TimelineEvent } from '../domain/timeline/chain.ts'
import type { Sent } from '../domain/timeline/prove.ts'
import type { ReplaySinks } from '../workflows/ledger.ts'
import { type WorkflowBundle, workflowBundle } from './bundle.ts'
import { quietLogs } from './logs.ts'

export type Reexecution = {
  readonly events: readonly TimelineEvent[]
  readonly sent: readonly Sent[]
  /** Why it could not follow the history to its end. */
  readonly broke?: string
}

/** `history` is Temporal's JSON of one run. `bundle` defaults to this release's workflows. */
export async function reexecute(
  history: unknown,
  workflowId: string,
  bundle?: WorkflowBundle,
): Promise<Reexecution> {
  quietLogs()
  const events: TimelineEvent[] = []
  const sent: Sent[] = []
  const sinks: InjectedSinks<ReplaySinks> = {
    replay: {
      event: { fn: (_, event) => void events.push(event), callDuringReplay: true },
      sent: { fn: (_, what) => void sent.push(what), callDuringReplay: true },
    },
  }
  try {
    await Worker.runReplayHistory(
      { workflowBundle: bundle ?? (await workflowBundle()), sinks, replayName: 'hikeshi-replay' },
      historyFromJSON(underItsOwnRun(history)),
      workflowId,
    )
    return { events, sent }
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
    return { events, sent, broke: reason.slice(0, 300) }
  }
}

type Attributes = {
  readonly workflowTaskFailedEventAttributes?: { readonly cause?: string; readonly newRunId?: string }
  readonly workflowExecutionStartedEventAttributes?: { readonly originalExecutionRunId?: string }
}

/**
 * The SDK takes a run's id from its first event. That of a run that came from a reset is copied from the run before, while the workflow
 * saw its own id, which stands in the events of its archive; the event of the reset tells it.
 */
function underItsOwnRun(history: unknown): unknown {
  const { events } = history as { readonly events: readonly Attributes[] }
  const reset = events.findLast(
    ({ workflowTaskFailedEventAttributes: failed }) =>
      failed?.cause === 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW',
  )
  const { newRunId } = reset?.workflowTaskFailedEventAttributes ?? {}
  const [first, ...rest] = events
  if (newRunId === undefined || first === undefined) return history
  const started = { ...first.workflowExecutionStartedEventAttributes, originalExecutionRunId: newRunId }
  return {
    ...(history as object),
    events: [{ ...first, workflowExecutionStartedEventAttributes: started }, ...rest],
  }
}

/** In a live worker nobody listens: the record is the history. Registered so that the SDK does not complain. */
export const deafSinks: InjectedSinks<ReplaySinks> = {
  replay: {
    event: { fn: () => undefined, callDuringReplay: false },
    sent: { fn: () => undefined, callDuringReplay: false },
  },
}
