/** Who takes work from a task queue, by what Temporal knows. */
import type { Temporal } from './connect.ts'

/**
 * A living worker polls again every minute; Temporal goes on listing a dead one for five. So one that died a moment ago is counted, and
 * what is shown is when it was last heard from.
 */
const pollsWithinMs = 75_000
const answerWithinMs = 5_000

export type Kind = 'workflow' | 'activity'
/** TaskQueueType by number (temporal.api.enums.v1). */
const kinds = { workflow: 1, activity: 2 } as const

/** Whether a living worker polls the queue. */
export async function isServed(temporal: Temporal, queue: string, kind: Kind): Promise<boolean> {
  return (await workersOn(temporal, queue, kind)).length > 0
}

/** The living workers that poll the queue, by the names that Temporal knows them under. */
export async function workersOn(temporal: Temporal, queue: string, kind: Kind): Promise<readonly string[]> {
  return (await pollersOf(temporal, queue, kind)).workers
}

/** The living workers, and how long ago the last of them was heard from (ms; infinite where there is none). */
export async function pollersOf({ connection, namespace }: Temporal, queue: string, kind: Kind) {
  const { pollers } = await connection.withDeadline(Date.now() + answerWithinMs, () =>
    connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: queue },
      taskQueueType: kinds[kind],
    }),
  )
  const now = Date.now()
  const alive = (pollers ?? []).filter(
    ({ lastAccessTime }) => now - Number(lastAccessTime?.seconds ?? 0) * 1_000 < pollsWithinMs,
  )
  const last = Math.max(...alive.map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000))
  const workers = [...new Set(alive.map(({ identity }) => identity ?? ''))]
  return { workers, lastMs: Math.max(0, now - last) }
}
