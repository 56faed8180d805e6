/** Whether the backups that runbooks restore from have been proved lately, and go on being proved. */
import { isFailure } from '../../domain/failures.ts'
import type { DrillReport, DrillTimes } from '../../domain/restore/drill.ts'
import { restoresIn } from '../../domain/runbook/restores.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { clusterQueue } from '../../wire/messages.ts'
import { drillsKept } from '../drills/reports.ts'
import { drillsScheduled } from '../drills/schedule.ts'
import type { Temporal } from '../temporal/connect.ts'
import { isServed } from '../temporal/pollers.ts'
import { type Check, refusedCheck } from './check.ts'
import { newestCheck } from './newest.ts'

const answersWithinMs = 10_000

export async function checkDrills(temporal: Temporal, books: readonly Runbook[]): Promise<readonly Check[]> {
  const restoring = books.filter((book) => restoresIn(book).length > 0)
  return (await Promise.all(restoring.map((book) => ofBook(temporal, book)))).flat()
}

async function ofBook(temporal: Temporal, { runbook, cluster }: Runbook): Promise<readonly Check[]> {
  const check = `drills ${runbook}`
  const scheduled = await drillsScheduled(temporal, runbook)
  const checks = scheduled === undefined ? [unscheduled(check, runbook)] : []
  // That nobody is there is said by another check.
  if (!(await isServed(temporal, clusterQueue(cluster), 'activity'))) return checks
  const kept = await drillsKept(temporal, runbook, answersWithinMs)
  const now = Date.now()
  return [
    ...checks,
    ...Object.entries(kept).map(([backups, reports]) =>
      isFailure(reports)
        ? refusedCheck(`${check} ${backups}`, reports, 'warn')
        : proved(`${check} ${backups}`, runbook, reports, now, scheduled?.times),
    ),
  ]
}

function unscheduled(check: string, runbook: string): Check {
  return {
    check,
    status: 'warn',
    says: { en: 'no drill of its restore is scheduled', ja: '復元訓練が予定されていません' },
    next: {
      en: `Schedule one: hikeshi drill schedule ${runbook} --cron "0 3 * * 0"`,
      ja: `予定してください: hikeshi drill schedule ${runbook} --cron "0 3 * * 0"`,
    },
  }
}

/** Exported for its tests: what the newest report of one restore means. */
export function proved(
  check: string,
  runbook: string,
  reports: readonly Pick<DrillReport, 'startedAt' | 'ok' | 'failure'>[],
  nowMs: number,
  times?: DrillTimes,
): Check {
  const again = {
    en: `Run one: hikeshi drill restore --runbook ${runbook} --wait`,
    ja: `実行してください: hikeshi drill restore --runbook ${runbook} --wait`,
  }
  const practised = {
    check,
    noun: { en: 'drill', ja: '訓練' },
    never: { en: 'no drill has proved this backup yet', ja: 'このバックアップは訓練で実証されていません' },
    again,
  }
  return newestCheck(practised, reports[0], { nowMs, times }, ({ ok, failure }, ago) =>
    ok
      ? { status: 'ok', says: { en: `proved ${ago} ago`, ja: `${ago} 前に実証済み` } }
      : {
          status: 'warn',
          says: {
            en: `the last drill (${ago} ago) failed: ${failure?.en ?? ''}`,
            ja: `前回の訓練（${ago} 前）は失敗: ${failure?.ja ?? ''}`,
          },
          next: again,
        },
  )
}
