/**
 * Keeps a workflow from living through events under a wrong clock. A query that waited for a worker can reach it with a history whose
 * last events belong to no workflow task yet; the SDK applies them under the clock of the task before, keeps the workflow so, and
 * never applies them again. Thrown here, that query fails, the workflow is read anew from its history, and the task that the events
 * belong to has the right clock. See docs/adr/0005-one-clock-per-task.md.
 */
import type { WorkflowInterceptors } from '@temporalio/workflow'
import { staleQuery } from './messages.ts'

type Job = {
  readonly fireTimer?: unknown
  readonly signalWorkflow?: unknown
  readonly resolveActivity?: { readonly result?: { readonly cancelled?: unknown } | null } | null
  readonly resolveChildWorkflowExecutionStart?: { readonly succeeded?: unknown } | null
  readonly resolveSignalExternalWorkflow?: { readonly failure?: unknown } | null
}

/** Jobs that only an event of the history makes; what was cancelled is answered within the task that cancelled it. */
function comesFromAnEvent(job: Job): boolean {
  if (job.resolveActivity) return !job.resolveActivity.result?.cancelled
  if (job.resolveSignalExternalWorkflow) return !job.resolveSignalExternalWorkflow.failure
  return Boolean(job.fireTimer || job.signalWorkflow || job.resolveChildWorkflowExecutionStart?.succeeded)
}

export const interceptors = (): WorkflowInterceptors => {
  let task: string | undefined
  let repeated = false
  return {
    internals: [
      {
        activate(input, next) {
          const { activation, batchIndex } = input
          if (batchIndex === 0) {
            // Each task that has started brings a time of its own, to the nanosecond. The server's clock may have gone back, so that
            // the SDK holds it still; but no two tasks begin with a history of the same size.
            const { timestamp, historySizeBytes } = activation
            const now = `${timestamp?.seconds} ${timestamp?.nanos} ${historySizeBytes}`
            repeated = now === task
            task = now
          }
          if (repeated && (activation.jobs as readonly Job[]).some(comesFromAnEvent))
            throw new Error(staleQuery)
          next(input)
        },
      },
    ],
  }
}
