/** Who polls the task queues that the published runbooks need. */
import { showDuration } from '../../domain/duration.ts'
import { failure } from '../../domain/failures.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { clusterQueue, incidentsQueue } from '../../workflows/messages.ts'
import type { Temporal } from '../connect.ts'
import { type Finding, refusalFinding } from './finding.ts'

/**
 * A living worker polls anew every minute; Temporal goes on listing a dead one for five. So one that died a moment ago is counted, and
 * what is said is when it was heard of.
 */
const pollsWithinMs = 75_000
const answerWithinMs = 5_000

type Kind = 'workflow' | 'activity'
/** TaskQueueType by number (temporal.api.enums.v1). */
const kinds = { workflow: 1, activity: 2 } as const

export async function checkWorkers(
  temporal: Temporal,
  books: readonly Runbook[],
): Promise<readonly Finding[]> {
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
  return (await pollersOf(temporal, queue, kind)).count > 0
}

async function checkQueue(temporal: Temporal, queue: string, kind: Kind): Promise<Finding> {
  const { count, lastMs } = await pollersOf(temporal, queue, kind)
  const check = `workers ${queue} (${kind})`
  if (count === 0) return refusalFinding(check, failure('no-worker', { queue }))
  return {
    check,
    status: 'ok',
    says: {
      en: `${count} ${count === 1 ? 'has' : 'have'} asked for work, the last ${showDuration(lastMs)} ago`,
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
  return { count: new Set(alive.map(({ identity }) => identity)).size, lastMs: Math.max(0, now - last) }
}
