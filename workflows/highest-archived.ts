/** Which numbers a system has given out before, as the archive of the workers knows it: whoever publishes need not have one. */
import { proxyActivities } from '@temporalio/workflow'
import { incidentsQueue } from './messages.ts'

export async function highestArchived(desk: string): Promise<number> {
  const { highestArchived } = proxyActivities<{
    highestArchived: (desk: string) => Promise<{ readonly value: number }>
  }>({
    taskQueue: incidentsQueue,
    startToCloseTimeout: '5s',
    retry: { initialInterval: '200ms', maximumInterval: '1s' },
  })
  return (await highestArchived(desk)).value
}
