import { workflowInfo } from '@temporalio/workflow'
import { explain, failure } from '../../domain/failures.ts'
import { newestRules } from '../../domain/incident/fold/state.ts'

/**
 * What a newer release has begun is not gone on with by rules that it does not know: what this worker decided, the newer one could not
 * re-execute. The task fails, and Temporal hands it out again until a worker of that release takes it (docs/stuck-workflow.md).
 */
export function refuseNewer(rules: number): void {
  if (rules <= newestRules) return
  const found = failure('rules-newer', {
    workflow: workflowInfo().workflowId,
    rules,
    newest: newestRules,
  })
  const { what, next } = explain(found, 'en')
  throw new Error(`${found.code} ${what}. ${next}`)
}
