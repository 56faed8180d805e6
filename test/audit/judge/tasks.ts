/** What a history says of its workflow tasks. Reads the events of Temporal's JSON, as `historyToJSON` and the archive have them. */

type Task = {
  readonly scheduledEventId?: unknown
  readonly cause?: unknown
  readonly failure?: { readonly message?: string | null } | null
}

/** The parts of Temporal's event that are read here. */
export type TaskEvent = {
  readonly eventId?: unknown
  readonly workflowTaskScheduledEventAttributes?: object | null
  readonly workflowTaskStartedEventAttributes?: object | null
  readonly workflowTaskCompletedEventAttributes?: object | null
  readonly workflowTaskTimedOutEventAttributes?: object | null
  readonly workflowTaskFailedEventAttributes?: Task | null
}

/** A task that brought something and left nothing behind. */
export type EmptyTask = {
  /** Of its WorkflowTaskCompleted. */
  readonly eventId: string
  /** What it brought, by the names of their attributes. */
  readonly brought: readonly string[]
}

const framing = [
  'workflowTaskScheduledEventAttributes',
  'workflowTaskStartedEventAttributes',
  'workflowTaskCompletedEventAttributes',
  'workflowTaskTimedOutEventAttributes',
  'workflowTaskFailedEventAttributes',
]

/**
 * Every completed task that brought events and put no command into the history. Core merges such a task with the next one when it reads
 * the history again (history_update.rs), so that answers and updates change places. A task that brought nothing may be empty: a refused
 * update is no event.
 */
export function emptyTasks(events: readonly TaskEvent[]): readonly EmptyTask[] {
  const empty: EmptyTask[] = []
  const cancelled = new Set<string>()
  let brought: string[] = []
  let completed:
    | { readonly eventId: string; readonly brought: readonly string[]; commands: number }
    | undefined
  const close = () => {
    if (completed !== undefined && completed.brought.length > 0 && completed.commands === 0)
      empty.push({ eventId: completed.eventId, brought: completed.brought })
  }
  for (const event of events) {
    if (event.workflowTaskCompletedEventAttributes) {
      close()
      completed = { eventId: String(event.eventId), brought, commands: 0 }
      brought = []
      continue
    }
    const name = nameOf(event)
    if (name === undefined || framing.includes(name)) continue
    const { scheduledEventId } = attributesOf(event, name)
    if (name === 'activityTaskCancelRequestedEventAttributes') cancelled.add(String(scheduledEventId))
    if (completed !== undefined && isCommandOf(event, name, completed.eventId)) completed.commands += 1
    // Nobody waits any more for the end of what was cancelled, and its start is heard by nobody in any case.
    else if (!name.startsWith('activityTask') || !cancelled.has(String(scheduledEventId))) brought.push(name)
  }
  close()
  return empty
}

/** Tasks that failed, and were not just overtaken by something new. */
export function failedTasks(events: readonly TaskEvent[]): readonly string[] {
  return events.flatMap(({ eventId, workflowTaskFailedEventAttributes: failed }) => {
    if (!failed || overtaken.includes(String(failed.cause))) return []
    return [`event ${eventId}: ${failed.cause}: ${failed.failure?.message?.split('\n', 1)[0] ?? ''}`]
  })
}

/** Tasks whose worker was gone. */
export function timedOutTasks(events: readonly TaskEvent[]): number {
  return events.filter((event) => event.workflowTaskTimedOutEventAttributes).length
}

/** The server sends such a task again: something came that the worker had not seen, or the worker is gone. */
const overtaken = [
  'UNHANDLED_COMMAND',
  'RESET_STICKY_TASK_QUEUE',
  'FORCE_CLOSE_COMMAND',
  // A server that was killed between keeping a task's end and saying so hands its updates out once more.
  'BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE',
].map((cause) => `WORKFLOW_TASK_FAILED_CAUSE_${cause}`)

function nameOf(event: TaskEvent): string | undefined {
  return Object.entries(event).find(
    ([name, value]) => name.endsWith('EventAttributes') && value !== null && value !== undefined,
  )?.[0]
}

/** Updates are protocol messages and name no task; they stand right behind the one that took them. */
const updates = ['Accepted', 'Completed', 'Rejected'].map(
  (what) => `workflowExecutionUpdate${what}EventAttributes`,
)

function isCommandOf(event: TaskEvent, name: string, completedEventId: string): boolean {
  if (updates.includes(name)) return true
  return String(attributesOf(event, name).workflowTaskCompletedEventId) === completedEventId
}

type Attributes = { readonly workflowTaskCompletedEventId?: unknown; readonly scheduledEventId?: unknown }

function attributesOf(event: TaskEvent, name: string): Attributes {
  return (event as Record<string, unknown>)[name] as Attributes
}
