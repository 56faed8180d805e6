/** What a history holds against which a re-execution is measured: every payload that left the workflow, in order. */
import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import type { Sent } from '../../domain/timeline/prove.ts'
import { headMemo } from '../../workflows/messages.ts'

type Payloads = { payloads?: Payload[] | null } | null | undefined

/** The parts of Temporal's history event that are read here. */
export type HistoryEvent = {
  workflowExecutionStartedEventAttributes?: {
    input?: Payloads
    continuedExecutionRunId?: string | null
  } | null
  activityTaskScheduledEventAttributes?: { activityId?: string | null; input?: Payloads } | null
  workflowExecutionUpdateCompletedEventAttributes?: {
    meta?: { updateId?: string | null } | null
    outcome?: { success?: Payloads } | null
  } | null
  signalExternalWorkflowExecutionInitiatedEventAttributes?: {
    signalName?: string | null
    input?: Payloads
  } | null
  workflowPropertiesModifiedEventAttributes?: {
    upsertedMemo?: { fields?: Readonly<Record<string, Payload>> | null } | null
  } | null
  workflowExecutionContinuedAsNewEventAttributes?: { input?: Payloads } | null
  workflowExecutionCompletedEventAttributes?: { result?: Payloads } | null
}

export function inputOf(events: readonly HistoryEvent[]): unknown {
  return first(events[0]?.workflowExecutionStartedEventAttributes?.input)
}

export function recordedIn(events: readonly HistoryEvent[]): readonly Sent[] {
  return events.flatMap((event): Sent[] => {
    const activity = event.activityTaskScheduledEventAttributes
    if (activity) return [{ kind: 'activity', id: activity.activityId ?? '', payload: first(activity.input) }]
    const update = event.workflowExecutionUpdateCompletedEventAttributes
    // A refusal carries no receipt.
    if (update?.outcome?.success) {
      return [{ kind: 'update', id: update.meta?.updateId ?? '', payload: first(update.outcome.success) }]
    }
    const signal = event.signalExternalWorkflowExecutionInitiatedEventAttributes
    if (signal) return [{ kind: 'signal', id: signal.signalName ?? '', payload: first(signal.input) }]
    const head = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields?.[headMemo]
    if (head) return [{ kind: 'seal', id: '', payload: first({ payloads: [head] }) }]
    const next = event.workflowExecutionContinuedAsNewEventAttributes
    if (next) return [{ kind: 'continue-as-new', id: '', payload: first(next.input) }]
    const end = event.workflowExecutionCompletedEventAttributes
    if (end) return [{ kind: 'result', id: '', payload: first(end.result) }]
    return []
  })
}

/** The one argument that everything of ours is sent with; a payload that is no JSON any more counts as that very fact. */
function first(payloads: Payloads): unknown {
  const payload = payloads?.payloads?.[0]
  if (payload === undefined) return undefined
  try {
    return defaultPayloadConverter.fromPayload(payload)
  } catch {
    return { unreadable: Buffer.from(payload.data ?? []).toString('base64') }
  }
}
