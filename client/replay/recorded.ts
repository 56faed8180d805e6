/** What a history holds against which a re-execution is measured: every payload that left the workflow, in order. */
import { defaultPayloadConverter } from '@temporalio/common'
import type { Sent } from '../../domain/timeline/unlike.ts'
import { headMemo } from '../../wire/messages.ts'

/** As Temporal's JSON has it: bytes are base64. */
type Payload = { metadata?: Readonly<Record<string, string>> | null; data?: string | null }
type Payloads = { payloads?: readonly Payload[] | null } | null | undefined

/** The parts of a history event in Temporal's JSON that are read here. */
export type HistoryEvent = {
  workflowExecutionStartedEventAttributes?: { input?: Payloads } | null
  activityTaskScheduledEventAttributes?: { activityId?: string | null; input?: Payloads } | null
  workflowExecutionUpdateCompletedEventAttributes?: {
    meta?: { updateId?: string | null } | null
    outcome?: {
      success?: Payloads
      failure?: { applicationFailureInfo?: { details?: Payloads } | null } | null
    } | null
  } | null
  signalExternalWorkflowExecutionInitiatedEventAttributes?: {
    signalName?: string | null
    input?: Payloads
  } | null
  startChildWorkflowExecutionInitiatedEventAttributes?: {
    workflowId?: string | null
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
    if (update) {
      const { success, failure } = update.outcome ?? {}
      const id = update.meta?.updateId ?? ''
      // A refusal is an answer too; its sentence is of the release that gave it, its code and values are of the rules.
      if (success) return [{ kind: 'update', id, payload: first(success) }]
      return [{ kind: 'refusal', id, payload: first(failure?.applicationFailureInfo?.details) }]
    }
    const signal = event.signalExternalWorkflowExecutionInitiatedEventAttributes
    if (signal) return [{ kind: 'signal', id: signal.signalName ?? '', payload: first(signal.input) }]
    const child = event.startChildWorkflowExecutionInitiatedEventAttributes
    if (child) return [{ kind: 'child', id: child.workflowId ?? '', payload: first(child.input) }]
    const head = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields?.[headMemo]
    if (head) return [{ kind: 'seal', id: '', payload: first({ payloads: [head] }) }]
    const next = event.workflowExecutionContinuedAsNewEventAttributes
    if (next) return [{ kind: 'continue-as-new', id: '', payload: first(next.input) }]
    const end = event.workflowExecutionCompletedEventAttributes
    if (end) return [{ kind: 'result', id: '', payload: first(end.result) }]
    return []
  })
}

type JsonHistory = {
  readonly events?: readonly {
    readonly activityTaskCompletedEventAttributes?: {
      readonly result?: { readonly payloads?: readonly { readonly data?: string }[] }
    }
  }[]
}

/** SHA-256 of every file that an archiving answered with, in Temporal's JSON of histories. */
export function archivedIn(histories: readonly unknown[]): ReadonlySet<string> {
  const found = new Set<string>()
  for (const { events = [] } of histories as readonly JsonHistory[])
    for (const { activityTaskCompletedEventAttributes: done } of events) {
      const text = Buffer.from(done?.result?.payloads?.[0]?.data ?? '', 'base64').toString('utf8')
      for (const [, sha256 = ''] of text.matchAll(/"(?:history|events)Sha256":"([0-9a-f]{64})"/g))
        found.add(sha256)
    }
  return found
}

/** The one argument that everything of ours is sent with; a payload that is no JSON any more counts as that very fact. */
function first(payloads: Payloads): unknown {
  const payload = payloads?.payloads?.[0]
  if (payload === undefined) return undefined
  const { metadata, data } = payload
  try {
    return defaultPayloadConverter.fromPayload({
      metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([key, value]) => [key, bytes(value)])),
      data: bytes(data ?? ''),
    })
  } catch {
    return { unreadable: data ?? '' }
  }
}

function bytes(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64')
}
