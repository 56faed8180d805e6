/** What somebody may run who may write to Temporal: a workflow of his own, which calls any activity of any worker with anything. */
import { ActivityFailure, ApplicationFailure, proxyActivities } from '@temporalio/workflow'

export async function forge(taskQueue: string, activity: string, input: unknown): Promise<string> {
  const call = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>({
    taskQueue,
    scheduleToCloseTimeout: '20s',
    retry: { maximumAttempts: 1 },
  })[activity]
  try {
    await call?.(input)
    return 'done'
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error
    if (cause instanceof ApplicationFailure) return cause.type ?? cause.message
    return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  }
}
