import { proxyActivities } from '@temporalio/workflow'

type Activities = Record<string, (call: unknown) => Promise<unknown>>

/** Calls one activity by its name, as the incident does. */
export async function oneStep(activity: string, call: unknown): Promise<unknown> {
  const activities = proxyActivities<Activities>({
    startToCloseTimeout: '30s',
    heartbeatTimeout: '3s',
    retry: { maximumAttempts: 2, initialInterval: '100ms' },
  })
  return activities[activity]?.(call)
}

/** The same under the name of a look. */
export const look = oneStep
