/** What is told of drills: one that has ended, and those that are kept. */
import { showDuration } from '../../domain/duration.ts'
import { explain } from '../../domain/failures.ts'
import type { DrillReport } from '../../domain/restore/drill.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import { localTime } from '../../edge/local-time.ts'
import type { Drilled } from '../../wire/messages.ts'
import { type Column, inBoth } from './fact.ts'

/** In one sentence: what a drill proved, or why it did not. */
export function drilledText({ backups, report, failure, incident }: Drilled): Text {
  const reportedTo = inBoth((lang) =>
    incident === undefined ? '' : lang === 'en' ? ` (reported to ${incident})` : `（${incident} に報告済み）`,
  )
  if (failure !== undefined)
    return inBoth((lang) => `${backups}: ${failure.code} ${explain(failure, lang).what}${reportedTo[lang]}`)
  if (report?.ok !== true)
    return {
      en: `${backups}: the drill failed: ${report?.failure?.en ?? '-'}${reportedTo.en}`,
      ja: `${backups}: 訓練は失敗: ${report?.failure?.ja ?? '-'}${reportedTo.ja}`,
    }
  const { target, backup, checks, rtoMs, rpoMs } = report
  return {
    en: `${backups}: proved. ${target} came back from ${backup} in ${lasted(rtoMs).en}; ${checks.length} checks hold; the primary's loss now would take ${lost(rpoMs).en}`,
    ja: `${backups}: 実証済み。${target} の時点を ${backup} から ${lasted(rtoMs).ja} で復元。検証 ${checks.length} 件合格。今プライマリを失った場合の損失: ${lost(rpoMs).ja}`,
  }
}

export type KeptDrill = DrillReport & { readonly backups: string }

export function keptColumns(zone: string): readonly Column<KeptDrill>[] {
  return [
    {
      label: { en: 'When', ja: '日時' },
      value: ({ startedAt }) => verbatim(localTime(Date.parse(startedAt), zone)),
      whole: true,
    },
    { label: { en: 'Backups', ja: '接続' }, value: ({ backups }) => verbatim(backups) },
    {
      label: { en: 'Result', ja: '結果' },
      value: ({ ok }) => (ok ? { en: 'proved', ja: '実証' } : { en: 'FAILED', ja: '失敗' }),
      tone: ({ ok }) => (ok ? 'good' : 'bad'),
    },
    { label: { en: 'RTO', ja: 'RTO' }, value: ({ rtoMs }) => lasted(rtoMs) },
    { label: { en: 'RPO', ja: 'RPO' }, value: ({ rpoMs }) => lasted(rpoMs) },
    { label: { en: 'Backup', ja: 'バックアップ' }, value: ({ backup }) => verbatim(backup ?? '-') },
    {
      label: { en: 'Why', ja: '理由' },
      value: ({ failure }) => failure ?? verbatim(''),
      flexible: true,
    },
  ]
}

export const noDrills: Text = { en: 'No drills yet.', ja: '訓練の記録はありません。' }

function lasted(ms: number | null): Text {
  return verbatim(ms === null ? '-' : showDuration(ms))
}

function lost(ms: number | null): Text {
  if (ms === null) return { en: 'an unknown time of data', ja: '不明' }
  return ms === 0
    ? { en: 'nothing', ja: 'なし' }
    : { en: `the last ${showDuration(ms)} of data`, ja: `直近 ${showDuration(ms)} のデータ` }
}
