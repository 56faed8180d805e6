/** The least that a workflow can do with an update: count it. */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineUpdate,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'

export async function bare(before: number): Promise<void> {
  let count = before
  setHandler(defineUpdate<number, [string]>('hear'), () => {
    count += 1
    return count
  })
  await condition(() => workflowInfo().continueAsNewSuggested && allHandlersFinished())
  await continueAsNew<typeof bare>(count)
}
