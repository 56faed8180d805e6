/** Who polls the task queues that the published runbooks need. */
import { showDuration } from '../../domain/duration.ts'
import { failure } from '../../domain/failures.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { clusterQueue, incidentsQueue } from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { type Kind, pollersOf } from '../temporal/pollers.ts'
import { type Check, refusedCheck } from './check.ts'

export async function checkWorkers(temporal: Temporal, books: readonly Runbook[]): Promise<readonly Check[]> {
  const clusters = [...new Set(books.map((book) => book.cluster))]
  const wanted: readonly (readonly [string, Kind])[] = [
    [incidentsQueue, 'workflow'],
    [incidentsQueue, 'activity'],
    ...clusters.map((cluster): readonly [string, Kind] => [clusterQueue(cluster), 'activity']),
  ]
  return Promise.all(wanted.map(([queue, kind]) => checkQueue(temporal, queue, kind)))
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
