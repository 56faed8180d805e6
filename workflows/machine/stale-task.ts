/**
 * Keeps a workflow from hearing what belongs to no task yet. A query that waited for a worker can reach it with a history whose last
 * events no task has taken up; the SDK applies them under the clock of the task before, keeps the workflow so, and when their task
 * comes does not apply them again: what it then does, no re-execution does. The same where their task has begun, but not by this query:
 * who has read a workflow again cannot tell, so a query right behind the first task that is no replay is refused once. Thrown here, the
 * query fails and is asked again, and the workflow is re-read from its history. See docs/adr/0009-every-task-is-sealed.md.
 */
import type { ActivateInput, WorkflowInterceptors } from '@temporalio/workflow'
import { staleQuery } from '../../wire/messages.ts'

type Activation = ActivateInput['activation']

/** How Core calls a query that comes by itself, not with a task. */
const direct = 'legacy_query'

export const interceptors = (): WorkflowInterceptors => {
  let before: Task | undefined
  /** Re-read from its history and not yet seen to be up to date; with the newest task that it has heard so, not as a replay. */
  let anew = false
  let newest: number | undefined
  return {
    internals: [
      {
        activate({ activation, batchIndex }, next) {
          const isQuery = activation.jobs?.every((job) => job.queryWorkflow) ?? false
          if (before === undefined) anew = activation.isReplaying === true
          if (isQuery && activation.jobs?.some((job) => job.queryWorkflow?.queryId === direct)) {
            if (anew && newest !== undefined) throw new Error(staleQuery)
            anew = false
          }
          if (!isQuery && anew && activation.isReplaying !== true) {
            // A second task can only come when the first is done.
            if (newest !== undefined && newest !== activation.historyLength) anew = false
            newest = activation.historyLength ?? 0
          }
          if (batchIndex === 0 && !isQuery) {
            const task = taskOf(activation)
            if (before !== undefined && isSameTask(before, task) && isLonger(before, task))
              throw new Error(staleQuery)
            before = task
          }
          next({ activation, batchIndex })
        },
      },
    ],
  }
}

/** Of an activation only this: its jobs bring whole answers with them. */
type Task = { readonly startedAt: string; readonly sizeBytes: string; readonly length: number }

function taskOf({ timestamp, historySizeBytes, historyLength }: Activation): Task {
  return {
    startedAt: `${timestamp?.seconds}.${timestamp?.nanos}`,
    sizeBytes: String(historySizeBytes),
    length: historyLength ?? 0,
  }
}

/**
 * Each task that has started brings a time of its own, to the nanosecond. The server's clock may have gone back, so that the SDK holds
 * it still; but no two tasks begin with a history of the same size.
 */
function isSameTask(a: Task, b: Task): boolean {
  return a.startedAt === b.startedAt && a.sizeBytes === b.sizeBytes
}

/** With events that came after the task began; a task that cancels is activated again without any. */
function isLonger(before: Task, after: Task): boolean {
  return after.length > before.length
}
