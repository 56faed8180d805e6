/** Whether the backups of a runbook could be restored now, as the cluster's own worker sees it. */
import type { PartResult } from '../../domain/incident/fold/events.ts'
import { backupsId } from '../../domain/runbook/backups-used.ts'
import type { FindingCode } from '../../domain/steps/finding-codes.ts'
import { none, said, type Text } from '../../domain/words.ts'
import { type Check, refusedCheck } from './check.ts'

/** What keeps a restore from being made at all; the rest is what would be missing in it, or be in its way. */
const fatal: readonly FindingCode[] = ['right-missing', 'backup-missing', 'archive-failing']

const backUp: Text = {
  en: 'Make one: request the step of kind postgres.backup, or "pgbackrest --type=full backup".',
  ja: '作成してください（種類 postgres.backup の手順、または「pgbackrest --type=full backup」）。',
}
const findArchiver: Text = {
  en: 'Find out why in the log of the server; pg_stat_archiver counts the failures.',
  ja: 'サーバーのログで原因を確認してください（失敗回数は pg_stat_archiver にあります）。',
}
const nexts: { readonly [code in FindingCode]?: Text } = {
  'archive-behind': findArchiver,
  'archive-failing': findArchiver,
  'archive-gap': {
    en: 'Make a full backup: the times behind the gap need one to start from.',
    ja: 'フルバックアップを作成してください。欠落より後の時点の起点になります。',
  },
  'backup-missing': backUp,
  'backup-old': backUp,
}

export function backupChecks(backups: string, part: PartResult | undefined): readonly Check[] {
  const check = backupsId(backups)
  if (part === undefined) return []
  if (!part.ok) {
    const { name, params } = part.failure
    const isNowhere = name === 'unknown-connection' && said(params.known).en === none.en
    return [isNowhere ? without(check) : refusedCheck(check, part.failure)]
  }
  const { findings, text = '' } = part.reading
  const ready: Check = { check, status: 'ok', says: said(text) }
  const told = findings.map(({ code, says, evidence: [words = ''] }): Check => {
    const next = nexts[code] ?? said(words)
    return { check, status: fatal.includes(code) ? 'fail' : 'warn', says, next }
  })
  return told.length === 0 ? [ready] : told
}

/** It may well be that nobody restores there. */
function without(check: string): Check {
  return {
    check,
    status: 'warn',
    says: {
      en: "this cluster has no entry of kind pgbackrest: the runbook's steps of a restore are refused",
      ja: 'このクラスターには種類 pgbackrest の接続先がなく、Runbook の復元手順は拒否されます',
    },
    next: {
      en: 'Add one to the connections file of its workers: docs/restore.md.',
      ja: 'ワーカーの接続ファイルに追加してください（docs/restore.md）。',
    },
  }
}
