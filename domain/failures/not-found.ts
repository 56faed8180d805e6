import { beforeAnything, entry } from './entry.ts'

/** HK2xx: it does not exist. */
export const notFoundFailures = {
  'unknown-service': entry(
    'HK201',
    3,
    false,
    {
      en: 'No runbook has a service "{service}".',
      ja: 'サービス「{service}」はどの Runbook にもありません。',
    },
    { en: 'Services that exist: {known}.', ja: '存在するサービス: {known}。' },
  ),
  'unknown-symptom': entry(
    'HK202',
    3,
    false,
    {
      en: 'The service "{service}" has no symptom "{symptom}".',
      ja: 'サービス「{service}」に症状「{symptom}」はありません。',
    },
    { en: 'Symptoms that exist: {known}.', ja: '存在する症状: {known}。' },
  ),
  'unknown-incident': entry(
    'HK203',
    3,
    false,
    { en: 'There is no incident "{incident}".', ja: 'インシデント「{incident}」はありません。' },
    { en: 'See "hikeshi list".', ja: '「hikeshi list」で確認してください。' },
  ),
  'unknown-step': entry(
    'HK204',
    3,
    false,
    {
      en: 'Incident {incident} has no step "{step}".',
      ja: 'インシデント {incident} に手順「{step}」はありません。',
    },
    { en: 'Steps that exist: {known}.', ja: '存在する手順: {known}。' },
  ),
  'unknown-item': entry(
    'HK205',
    3,
    false,
    { en: 'The checklists have no item "{item}".', ja: 'チェックリストに項目「{item}」はありません。' },
    { en: 'Items that exist: {known}.', ja: '存在する項目: {known}。' },
  ),
  'unknown-level': entry(
    'HK206',
    3,
    false,
    {
      en: 'The escalation policy has no level "{level}".',
      ja: 'エスカレーションに「{level}」はありません。',
    },
    { en: 'Levels that exist: {known}.', ja: '存在するレベル: {known}。' },
  ),
  'ambiguous-service': entry(
    'HK207',
    3,
    false,
    {
      en: 'Several systems have a service "{service}".',
      ja: 'サービス「{service}」は複数のシステムにあります。',
    },
    { en: 'Say which one: {known}.', ja: 'どれかを指定してください: {known}。' },
  ),
  'no-runbook': entry(
    'HK208',
    3,
    false,
    { en: 'No runbook is published.', ja: '公開された Runbook がありません。' },
    {
      en: 'Publish one with "hikeshi runbook publish FILE".',
      ja: '「hikeshi runbook publish FILE」で公開してください。',
    },
  ),
  'unknown-connection': entry(
    'HK209',
    3,
    false,
    {
      en: 'The worker has no {kind} connection "{connection}".',
      ja: 'ワーカーに {kind} の接続先「{connection}」がありません。',
    },
    {
      en: "Connections that exist: {known}. Add it to the HIKESHI_CONNECTIONS file of the cluster's workers.",
      ja: '存在する接続先: {known}。クラスターのワーカーの HIKESHI_CONNECTIONS に追加してください。',
    },
    beforeAnything,
  ),
  'unknown-runbook': entry(
    'HK210',
    3,
    false,
    {
      en: 'No runbook "{runbook}" is published.',
      ja: 'Runbook「{runbook}」は公開されていません。',
    },
    { en: 'Runbooks that exist: {known}.', ja: '公開中の Runbook: {known}。' },
  ),
  'archived-run-missing': entry(
    'HK211',
    3,
    false,
    {
      en: 'Events {from} to {to} of {incident} (run {run}) are missing: Temporal no longer has them, and {file} does not exist.',
      ja: '{incident} のイベント {from}〜{to}（実行 {run}）がありません。Temporal の保持期間を過ぎ、{file} も存在しません。',
    },
    {
      en: 'Restore the file from a copy of the archive. "hikeshi replay {incident}" lists everything missing; "hikeshi show {incident}" shows the current state.',
      ja: '保管先のコピーからファイルを戻してください。欠けているものは「hikeshi replay {incident}」、現在の状態は「hikeshi show {incident}」で確認できます。',
    },
  ),
  'archive-not-set': entry(
    'HK212',
    3,
    false,
    {
      en: 'Events {from} to {to} of {incident} (run {run}) are missing: Temporal no longer has them, and no archive is set.',
      ja: '{incident} のイベント {from}〜{to}（実行 {run}）がありません。Temporal の保持期間を過ぎ、保管先も設定されていません。',
    },
    {
      en: 'Set HIKESHI_ARCHIVE to the folder that the workers write to, and try again.',
      ja: 'HIKESHI_ARCHIVE にワーカーの保管先フォルダーを設定し、もう一度実行してください。',
    },
  ),
  'incident-archived': entry(
    'HK213',
    3,
    false,
    {
      en: '{incident} is over and Temporal no longer has it; its runs are in {folder}.',
      ja: '{incident} は終了し、Temporal の保持期間を過ぎています。記録は {folder} にあります。',
    },
    {
      en: 'Read it there: hikeshi replay {folder}.',
      ja: '保管先の記録を参照してください: hikeshi replay {folder}。',
    },
  ),
  'nothing-open': entry(
    'HK215',
    3,
    false,
    { en: 'No incident is open.', ja: '対応中のインシデントはありません。' },
    {
      en: 'Declare one with "hikeshi declare", or name one that is over: hikeshi list --all.',
      ja: '「hikeshi declare」で宣言するか、終了したものは番号で指定してください（hikeshi list --all）。',
    },
  ),
  'unknown-recipient': entry(
    'HK216',
    3,
    false,
    {
      en: 'The runbook has no person and no level "{to}".',
      ja: 'Runbook に「{to}」という人・レベルはありません。',
    },
    { en: 'Those who can be told: {known}.', ja: '連絡できる相手: {known}。' },
  ),
  'unknown-option': entry(
    'HK219',
    3,
    false,
    {
      en: 'Step "{step}" has no option "{option}".',
      ja: '手順「{step}」に選択肢「{option}」はありません。',
    },
    { en: 'Options that exist: {known}.', ja: '存在する選択肢: {known}。' },
  ),
  'no-step-of-kind': entry(
    'HK214',
    3,
    false,
    {
      en: 'The runbook of {where} has no step of kind {kind}.',
      ja: '{where} の Runbook に {kind} の手順がありません。',
    },
    {
      en: 'Add "kind: {kind}" to the steps of a symptom (docs/runbook.md) and publish it. Open incidents keep their runbook: declare a new one.',
      ja: '症状の手順に「kind: {kind}」を追加して公開してください（docs/runbook.md）。対応中のインシデントには反映されないため、新しく宣言してください。',
    },
  ),
  'worker-without-archive': entry(
    'HK218',
    3,
    false,
    {
      en: 'The worker of cluster "{cluster}" has no archive to collect evidence into.',
      ja: 'クラスター「{cluster}」のワーカーに、証跡の保管先がありません。',
    },
    {
      en: 'Set HIKESHI_ARCHIVE on that worker to the folder that this command reads, and start it again.',
      ja: 'そのワーカーの HIKESHI_ARCHIVE に、このコマンドが読むフォルダーを設定して再起動してください。',
    },
  ),
  'bucket-unknown': entry(
    'HK220',
    3,
    false,
    { en: 'There is no bucket "{bucket}".', ja: 'バケット「{bucket}」はありません。' },
    {
      en: 'Check its name, AWS_ENDPOINT_URL_S3 and AWS_REGION, or create it, with Object Lock if evidence is to be locked.',
      ja: '名前、AWS_ENDPOINT_URL_S3、AWS_REGION を確認するか、バケットを作成してください（ロックする場合は Object Lock を有効にする）。',
    },
  ),
} as const
