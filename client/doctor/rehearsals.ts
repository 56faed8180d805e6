/** Whether the steps of runbooks have been tried lately, and what would fail. */
import { counted } from '../../domain/counted.ts'
import { isProved, type RehearsalReport } from '../../domain/rehearsal/rehearsal.ts'
import type { DrillTimes } from '../../domain/restore/drill.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { digest } from '../../domain/timeline/canonical.ts'
import { drillsScheduled } from '../drills/schedule.ts'
import { rehearsalsKept } from '../incidents/proofs.ts'
import type { Temporal } from '../temporal/connect.ts'
import type { Check } from './check.ts'
import { newestCheck } from './newest.ts'

export async function checkRehearsals(
  temporal: Temporal,
  books: readonly Runbook[],
): Promise<readonly Check[]> {
  return Promise.all(
    books.map(async (book) => {
      const { runbook } = book
      const [scheduled, [last]] = await Promise.all([
        drillsScheduled(temporal, runbook, 'rehearse'),
        rehearsalsKept(temporal, runbook, 1),
      ])
      return rehearsalCheck({ runbook, sha256: digest(book) }, last, Date.now(), scheduled?.times)
    }),
  )
}

/** Exported for its tests: what the newest report means. */
export function rehearsalCheck(
  { runbook, sha256 }: { readonly runbook: string; readonly sha256: string },
  last: RehearsalReport | undefined,
  nowMs: number,
  times?: DrillTimes,
): Check {
  const now = {
    en: `Rehearse it: hikeshi rehearse ${runbook}`,
    ja: `実行してください: hikeshi rehearse ${runbook}`,
  }
  const often = {
    en: `Have it rehearsed: hikeshi rehearse ${runbook} --every night`,
    ja: `予定してください: hikeshi rehearse ${runbook} --every night`,
  }
  const practised = {
    check: `rehearsal ${runbook}`,
    noun: { en: 'rehearsal', ja: 'リハーサル' },
    never: { en: 'never rehearsed', ja: 'リハーサルの記録がありません' },
    again: times === undefined ? often : now,
  }
  return newestCheck(practised, last, { nowMs, times }, ({ steps, version, sha256: tried }, ago) => {
    const failed = steps.filter(({ ok }) => ok === false)
    if (failed.length > 0) {
      const names = failed.map(({ service, step }) => `${service}/${step}`).join(', ')
      return {
        status: 'warn',
        says: {
          en: `${counted(failed.length, 'step')} failed ${ago} ago: ${names}`,
          ja: `${ago} 前に ${failed.length} 件の手順が失敗: ${names}`,
        },
        next: {
          en: `See why: hikeshi rehearse ${runbook} --last`,
          ja: `理由を確認してください: hikeshi rehearse ${runbook} --last`,
        },
      }
    }
    const proved = steps.filter(isProved).length
    const says = {
      en: `${proved} of ${counted(steps.length, 'step')} proved ${ago} ago on version ${version}`,
      ja: `${ago} 前に版 ${version} の手順 ${steps.length} 件中 ${proved} 件を実証`,
    }
    if (tried === sha256) return { status: 'ok', says }
    return {
      status: 'warn',
      says: { en: `${says.en}; the published one is another`, ja: `${says.ja}。公開中の版は未実施` },
      next: now,
    }
  })
}
