import { beforeAnything, entry } from './entry.ts'

/** HK36x and HK47x: backups and copies. */
export const restoreFailures = {
  'copy-exists': entry(
    'HK360',
    4,
    false,
    {
      en: 'There is already a copy of {stanza}, made by {by}.',
      ja: '{stanza} のコピーは既にあります（作成: {by}）。',
    },
    {
      en: 'One copy at a time: discard that one if nobody needs it (hikeshi restore discard, in its incident or in yours), then request this step again. Nothing was changed.',
      ja: 'コピーは同時に 1 つだけです。不要であれば破棄し（そのインシデントか自分のインシデントで hikeshi restore discard）、もう一度依頼してください。何も変更していません。',
    },
    beforeAnything,
  ),
  'copy-not-usable': entry(
    'HK361',
    4,
    false,
    {
      en: 'No copy of {stanza} can be used: {reason}',
      ja: '{stanza} に利用できるコピーがありません: {reason}',
    },
    {
      en: 'Restore one first, and see that its checks hold. The live database is untouched.',
      ja: '先にコピーを復元し、検証に合格することを確認してください。稼働中のデータベースは変更していません。',
    },
    beforeAnything,
  ),
  'disk-too-small': entry(
    'HK362',
    4,
    false,
    {
      en: 'A copy needs {needs}, and {where} has {free} left.',
      ja: 'コピーには {needs} が必要ですが、{where} の空きは {free} です。',
    },
    {
      en: 'Make room, or point copiesFolder at a larger disk. Nothing was changed.',
      ja: '空きを確保するか、copiesFolder をより大きいディスクに変更してください。何も変更していません。',
    },
    beforeAnything,
  ),
  'restore-refused': entry(
    'HK363',
    4,
    false,
    { en: 'This restore is not possible: {reason}', ja: 'この復元はできません: {reason}' },
    {
      en: '"hikeshi restore points" shows what is possible. Nothing was changed.',
      ja: '"hikeshi restore points" で復元できる範囲を確認してください。何も変更していません。',
    },
    beforeAnything,
  ),
  'copy-in-use': entry(
    'HK364',
    4,
    false,
    {
      en: 'The copy of {stanza} is the live database since {step}: there is nothing left to discard.',
      ja: '{stanza} のコピーは {step} で稼働中のデータベースになっており、破棄するものはありません。',
    },
    {
      en: 'To go back to the database from before: hikeshi undo {incident} {step}. Nothing was changed.',
      ja: '切り替え前に戻すには: hikeshi undo {incident} {step}。何も変更していません。',
    },
    beforeAnything,
  ),
  'copy-of-drill': entry(
    'HK366',
    4,
    false,
    {
      en: 'A drill has the one copy of {stanza}: {by}.',
      ja: '{stanza} のコピーは訓練 {by} が使用中です。',
    },
    {
      en: 'It ends by itself and removes its copy. If you cannot wait, request a restore or discard the copy: either ends the drill. Nothing was changed.',
      ja: '訓練は自動で終わり、コピーも削除されます。待てない場合は、復元またはコピーの破棄を依頼すると訓練は中止されます。何も変更していません。',
    },
    beforeAnything,
  ),
  'drill-yielded': entry(
    'HK367',
    4,
    false,
    {
      en: 'The drill of {stanza} gave way to {by}.',
      ja: '{stanza} の訓練は {by} のために中止しました。',
    },
    {
      en: 'Run it again when that is over: hikeshi drill restore. The live database is untouched.',
      ja: '終わってから再実行してください: hikeshi drill restore。稼働中のデータベースは変更していません。',
    },
    beforeAnything,
  ),
  'no-restore-step': entry(
    'HK368',
    4,
    false,
    {
      en: 'The runbook "{runbook}" has no step of kind postgres.restore.',
      ja: 'Runbook「{runbook}」に postgres.restore の手順がありません。',
    },
    {
      en: 'Add one to a symptom of the database and publish the runbook again.',
      ja: 'データベースの症状に追加し、Runbook を再公開してください。',
    },
  ),
  'salvage-refused': entry(
    'HK369',
    4,
    false,
    { en: '{table} cannot be salvaged: {reason}', ja: '{table} は救出できません: {reason}' },
    {
      en: 'Do what the reason names, then request the step again. Nothing was changed.',
      ja: '理由に従って対処し、手順をもう一度依頼してください。何も変更していません。',
    },
    beforeAnything,
  ),
  'command-failed': entry(
    'HK470',
    1,
    false,
    { en: '{command} failed: {reason}', ja: '{command} が失敗しました: {reason}' },
    {
      en: 'Fix what the reason names, then run the step again; docs/connections.md lists what the worker needs.',
      ja: '理由に従って直し、手順を再実行してください。ワーカーに必要なものは docs/connections.md にあります。',
    },
  ),
  'restore-failed': entry(
    'HK471',
    1,
    false,
    {
      en: 'The copy could not be made: {reason}',
      ja: 'コピーを作成できませんでした: {reason}',
    },
    {
      en: 'The live database is untouched. Fix what the reason names, undo the step, and request it again.',
      ja: '稼働中のデータベースは変更していません。理由に従って直し、手順を取り消してからもう一度依頼してください。',
    },
  ),
  'cut-over-stopped': entry(
    'HK472',
    1,
    false,
    {
      en: 'The cut-over stopped at "{phase}": {reason}',
      ja: '切り替えは「{phase}」で止まりました: {reason}',
    },
    {
      en: '{state} Fix what the reason names and request the step again: it continues from there.',
      ja: '{state}理由に従って直し、手順をもう一度依頼してください。続きから再開します。',
    },
  ),
  'bisect-ended': entry(
    'HK473',
    1,
    false,
    {
      en: 'Where {check} began to fail cannot be found: {reason}',
      ja: '{check} が不合格になった時点を特定できません: {reason}',
    },
    {
      en: 'The live database is untouched, and the copy is discarded. Request the step again with other times.',
      ja: '稼働中のデータベースは変更せず、コピーは破棄しました。時刻を変えてもう一度依頼してください。',
    },
  ),
  'stanza-missing': entry(
    'HK474',
    1,
    false,
    {
      en: 'The repository has no stanza {stanza}: {reason}',
      ja: 'リポジトリにスタンザ {stanza} がありません: {reason}',
    },
    {
      en: 'Check the stanza and configFile of {connection} in the connections file; a new one is made with "pgbackrest stanza-create".',
      ja: '接続ファイルの {connection} の stanza と configFile を確認してください。新規の場合は「pgbackrest stanza-create」で作成します。',
    },
    beforeAnything,
  ),
  'salvage-failed': entry(
    'HK475',
    1,
    false,
    { en: 'Nothing was written to {table}: {reason}', ja: '{table} には何も書き込んでいません: {reason}' },
    {
      en: 'It is one transaction, and it was rolled back. Fix what the reason names, then request the step again.',
      ja: '1 つのトランザクションで行い、ロールバックしました。理由に従って直し、手順をもう一度依頼してください。',
    },
    beforeAnything,
  ),
}
