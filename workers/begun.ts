import { activityInfo } from '@temporalio/activity'
import type { Client } from '@temporalio/client'
import { CancelledFailure, defaultPayloadConverter } from '@temporalio/common'
import { refuse } from '../activities/refusal.ts'
import { plainLine } from '../edge/plain-text.ts'

const answersWithinMs = 5_000

/**
 * Has Temporal write down that an attempt begins, and waits for its answer. Only then an answer that never comes can be told from work that
 * was never taken up, also where the worker dies in the next moment and no other one comes. An attempt that Temporal has given up meanwhile
 * does not begin. Refuses with temporal-unreachable.
 */
export function begunAt(client: Client, address: string): () => Promise<void> {
  return async () => {
    const { namespace } = client.options
    const { taskToken, activityType } = activityInfo()
    const details = { payloads: [defaultPayloadConverter.toPayload({ at: activityType })] }
    const { cancelRequested } = await client
      .withDeadline(Date.now() + answersWithinMs, () =>
        client.workflowService.recordActivityTaskHeartbeat({ namespace, taskToken, details }),
      )
      .catch((error: unknown) =>
        refuse('temporal-unreachable', { address, reason: plainLine(String(error), 200) }),
      )
    if (cancelRequested) throw new CancelledFailure('it is not wanted any more')
  }
}
