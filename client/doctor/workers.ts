/** Who polls the task queues that the published runbooks need. */
import { showDuration } from '../../domain/duration.ts'
import { failure } from '../../domain/failures.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { clusterQueue, incidentsQueue } from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { type Check, refusedCheck } from './check.ts'

/**
 * A living worker polls again every minute; Temporal goes on listing a dead one for five. So one that died a moment ago is counted, and
 * what is shown is when it was last heard from.
 */
const pollsWithinMs = 75_000
const answerWithinMs = 5_000

type Kind = 'workflow' | 'activity'
/** TaskQueueType by number (temporal.api.enums.v1). */
const kinds = { workflow: 1, activity: 2 } as const

export async function checkWorkers(temporal: Temporal, books: readonly Runbook[]): Promise<readonly Check[]> {
  const clusters = [...new Set(books.map((book) => book.cluster))]
  const wanted: readonly (readonly [string, Kind])[] = [
    [incidentsQueue, 'workflow'],
    [incidentsQueue, 'activity'],
    ...clusters.map((cluster): readonly [string, Kind] => [clusterQueue(cluster), 'activity']),
  ]
  return Promise.all(wanted.map(([queue, kind]) => checkQueue(temporal, queue, kind)))
}

/** Whether a living worker polls the queue. */
export async function isServed(temporal: Temporal, queue: string, kind: Kind): Promise<boolean> {
  return (await workersOn(temporal, queue, kind)).length > 0
}

/** The living workers that poll the queue, by the names that Temporal knows them under. */
export async function workersOn(temporal: Temporal, queue: string, kind: Kind): Promise<readonly string[]> {
  return (await pollersOf(temporal, queue, kind)).workers
}

async function checkQueue(temporal: Temporal, queue: string, kind: Kind): Promise<Check> {
  const { workers, lastMs } = await pollersOf(temporal, queue, kind)
  const count = workers.length
  const check = `workers ${queue} (${kind})`
  if (count === 0) return refusedCheck(check, failure('no-worker', { queue }))
  return {
    check,
    status: 'ok',
    says: {
      en: `${count} ${count === 1 ? 'has' : 'have'} polled, the last ${showDuration(lastMs)} ago`,
      ja: `${count} 件が作業を取得（最終: ${showDuration(lastMs)} 前）`,
    },
  }
}

async function pollersOf({ connection, namespace }: Temporal, queue: string, kind: Kind) {
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
