/** Runs that came from a reset: Temporal copies the beginning of their history from the run before. */
import { outlineOf } from './outline.ts'

type History = { readonly events: readonly { readonly workflowExecutionStartedEventAttributes?: object }[] }

/**
 * The SDK takes a run's id from its first event. That of a run that came from a reset is copied from the run before, while the workflow
 * saw its own id, which stands in the events of its archive; the event of the reset tells it.
 */
export function underItsOwnRun(history: unknown): unknown {
  const { runId, startedAs } = outlineOf(history) ?? {}
  const { events } = history as History
  const [first, ...rest] = events
  if (runId === startedAs || first === undefined) return history
  const started = { ...first.workflowExecutionStartedEventAttributes, originalExecutionRunId: runId }
  return {
    ...(history as object),
    events: [{ ...first, workflowExecutionStartedEventAttributes: started }, ...rest],
  }
}
