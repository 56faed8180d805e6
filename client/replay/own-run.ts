/** Runs that came from a reset: Temporal copies the beginning of their history from the run before. */

type Attributes = {
  readonly workflowTaskFailedEventAttributes?: { readonly cause?: string; readonly newRunId?: string }
  readonly workflowExecutionStartedEventAttributes?: { readonly originalExecutionRunId?: string }
}

/**
 * The SDK takes a run's id from its first event. That of a run that came from a reset is copied from the run before, while the workflow
 * saw its own id, which stands in the events of its archive; the event of the reset tells it.
 */
export function underItsOwnRun(history: unknown): unknown {
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
