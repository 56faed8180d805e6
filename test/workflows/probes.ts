/** Workflows that show how a part of the machinery behaves inside one. */
import { condition, proxyActivities, sleep } from '@temporalio/workflow'
import { UnderWay } from '../../workflows/machine/under-way.ts'

/** What is said of work that came to its own end, and of work that was cancelled: `[runs, has ended]` each. */
export async function underWay(): Promise<readonly (readonly [number, boolean])[]> {
  let runs = 0
  const work = new UnderWay(() => undefined)
  const ends = { done: () => undefined, broke: () => undefined, cancelled: () => undefined }
  const start = (key: string, forMs: number) =>
    work.start(
      key,
      async () => {
        runs += 1
        await sleep(forMs)
      },
      ends,
    )
  start('own', 1)
  await condition(() => !work.has('own'))
  const own = [runs, work.hasEnded('own')] as const
  start('left', 3_600_000)
  await sleep(1)
  work.cancel('left')
  await condition(() => !work.has('left'))
  const left = [runs, work.hasEnded('left')] as const
  return [own, left]
}

/** The activity of a long step, as an incident names it; what fails is tried again in an hour. */
export async function longStep(): Promise<void> {
  const { restore } = proxyActivities<{ restore: () => Promise<void> }>({
    activityId: 'step/restore/run',
    startToCloseTimeout: '1 day',
    heartbeatTimeout: '30s',
    retry: { initialInterval: '1h' },
  })
  await restore?.()
}
