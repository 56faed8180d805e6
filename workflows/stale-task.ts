/**
 * Keeps a workflow from taking a signal under a wrong clock. A query that waited for a worker can reach it with a history whose last
 * events belong to no workflow task yet; the SDK applies them under the clock of the task before, keeps the workflow so, and never
 * applies them again. Thrown here, that query fails, the workflow is read anew from its history, and the task that the signal belongs to
 * has the right clock. Everything else has a recorded time: see docs/adr/0005-recorded-times.md.
 */
import type { WorkflowInterceptors } from '@temporalio/workflow'
import { staleQuery } from './messages.ts'

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
          if (repeated && activation.jobs?.some((job) => job.signalWorkflow)) throw new Error(staleQuery)
          next(input)
        },
      },
    ],
  }
}
