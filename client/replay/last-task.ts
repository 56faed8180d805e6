/** What of a history has been taken up by the workflow: a re-execution can follow it no further. */

type JsonEvent = { readonly eventId?: string; readonly eventType?: string | number }
type JsonHistory = { readonly events: readonly JsonEvent[] }

/** The events that a completed task leaves behind it; they are the workflow's own doing. */
const ofATask = new Set([
  'ACTIVITY_TASK_SCHEDULED',
  'ACTIVITY_TASK_CANCEL_REQUESTED',
  'MARKER_RECORDED',
  'REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED',
  'SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED',
  'START_CHILD_WORKFLOW_EXECUTION_INITIATED',
  'TIMER_CANCELED',
  'TIMER_STARTED',
  'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
  'WORKFLOW_PROPERTIES_MODIFIED',
  'WORKFLOW_EXECUTION_CANCELED',
  'WORKFLOW_EXECUTION_COMPLETED',
  'WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
  'WORKFLOW_EXECUTION_FAILED',
  'WORKFLOW_EXECUTION_UPDATE_ACCEPTED',
  'WORKFLOW_EXECUTION_UPDATE_COMPLETED',
])

/** Whether the workflow has done anything at all: there is nothing to re-execute before its first task is done. */
export function hasDoneATask(history: unknown): boolean {
  return (history as JsonHistory).events.some(
    ({ eventType }) => nameOf(eventType) === 'WORKFLOW_TASK_COMPLETED',
  )
}

/**
 * Temporal's JSON of a run without what came after its last completed task: that belongs to a task which nobody has done yet. So does a
 * completion that comes last of all: what the task did was cut off, and an update that it accepted would be heard too late.
 */
export function upToLastTask(history: unknown): unknown {
  const { events } = history as JsonHistory
  const last = events.findLastIndex(
    ({ eventType }, i) => nameOf(eventType) === 'WORKFLOW_TASK_COMPLETED' && i < events.length - 1,
  )
  if (last < 0) return history
  const after = events.slice(last + 1)
  const end = after.findIndex(({ eventType }) => !ofATask.has(nameOf(eventType)))
  return end < 0 ? history : { ...(history as object), events: events.slice(0, last + 1 + end) }
}

function nameOf(eventType: string | number | undefined): string {
  return String(eventType).replace(/^EVENT_TYPE_/, '')
}
