/**
 * Whether the task before was lost: what it wanted stands in no history, and Core keeps it for the task of now. Seen once, on a machine with
 * ten times more to do than it could: a task ran out of its time, the next completion held the commands of both, and whoever
 * read the workflow again found a seal that no re-execution makes. See docs/adr/0009-every-task-is-sealed.md.
 */
import type { ActivateInput } from '@temporalio/workflow'

type Activation = ActivateInput['activation']
type Job = NonNullable<Activation['jobs']>[number]

/** Scheduled, started, completed. */
const ofEachTask = 3
const seal = 1

/**
 * A task that was taken leaves its completion and its seal behind its start (event `sealedIn`), before whatever is heard now. Counted from
 * below: what is taken for lost although it was not is re-read from its history, and no more.
 */
export function isLost(sealedIn: number, { historyLength, jobs }: Activation): boolean {
  const since = (historyLength ?? 0) - sealedIn
  if (since <= 0 || (jobs?.every(({ queryWorkflow }) => queryWorkflow) ?? true)) return false
  const heard = jobs?.reduce((sum, job) => sum + eventsOf(job), 0) ?? 0
  return since < ofEachTask + seal + heard
}

/** So many events at least stand behind a job: none where Core may have made it by itself. */
function eventsOf({ fireTimer, signalWorkflow, cancelWorkflow, ...job }: Job): number {
  if (fireTimer || signalWorkflow || cancelWorkflow) return 1
  if (job.resolveActivity) return job.resolveActivity.result?.completed ? 2 : 0
  if (job.resolveSignalExternalWorkflow) return job.resolveSignalExternalWorkflow.failure ? 0 : 1
  if (job.resolveChildWorkflowExecutionStart?.succeeded) return 1
  return job.resolveChildWorkflowExecution?.result?.completed ? 1 : 0
}
