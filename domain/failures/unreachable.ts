import { entry } from './entry.ts'

/** HK5xx: nobody answers there. */
export const unreachableFailures = {
  'temporal-unreachable': entry(
    'HK501',
    5,
    true,
    {
      en: 'Temporal does not answer at {address}: {reason}',
      ja: 'Temporal ({address}) に接続できません: {reason}',
    },
    {
      en: 'Check that it runs and that TEMPORAL_ADDRESS is right.',
      ja: '起動していること、TEMPORAL_ADDRESS が正しいことを確認してください。',
    },
  ),
  'kubernetes-unreachable': entry(
    'HK502',
    5,
    true,
    {
      en: 'The Kubernetes API of cluster "{cluster}" does not answer: {reason}',
      ja: 'クラスター「{cluster}」の Kubernetes API が応答しません: {reason}',
    },
    {
      en: "Check the API server and the worker's kubeconfig.",
      ja: 'API サーバーとワーカーの kubeconfig を確認してください。',
    },
  ),
  'http-unreachable': entry(
    'HK503',
    5,
    true,
    { en: '{url} cannot be reached: {reason}', ja: '{url} に接続できません: {reason}' },
    {
      en: 'Check the service and the address in the runbook.',
      ja: 'サービスと Runbook の URL を確認してください。',
    },
  ),
  'channel-unreachable': entry(
    'HK504',
    5,
    true,
    {
      en: 'Channel "{channel}" does not answer: {reason}',
      ja: '通知先「{channel}」が応答しません: {reason}',
    },
    { en: 'It is tried again, then the next channel.', ja: '再試行し、その後は次の通知先を試します。' },
  ),
  'api-unreachable': entry(
    'HK505',
    5,
    true,
    {
      en: 'The hikeshi API does not answer at {address}: {reason}',
      ja: 'hikeshi API ({address}) に接続できません: {reason}',
    },
    {
      en: 'Check that it runs and that HIKESHI_API_URL is right.',
      ja: '起動していること、HIKESHI_API_URL が正しいことを確認してください。',
    },
  ),
  'no-worker': entry(
    'HK506',
    5,
    true,
    {
      en: 'No worker answers on task queue "{queue}".',
      ja: 'タスクキュー「{queue}」に応答するワーカーがありません。',
    },
    {
      en: 'Start one: hikeshi worker. What was sent may still be carried out when one comes: look before you repeat it.',
      ja: 'ワーカーを起動してください: hikeshi worker。送信した操作は後で実行される場合があります。再実行の前に確認してください。',
    },
  ),
  'search-attribute-missing': entry(
    'HK507',
    5,
    false,
    {
      en: 'Temporal has no search attribute {attribute} and it could not be added: {reason}',
      ja: 'Temporal に検索属性 {attribute} がなく、追加もできません: {reason}',
    },
    { en: 'Let an administrator add it, type {type}.', ja: '管理者に追加（型 {type}）を依頼してください。' },
  ),
  'database-unreachable': entry(
    'HK508',
    5,
    true,
    {
      en: '{connection} at {address} cannot be reached: {reason}',
      ja: '{connection}（{address}）に接続できません: {reason}',
    },
    {
      en: 'Look whether it runs and whether the worker may reach it.',
      ja: '稼働しているか、ワーカーから接続できるかを確認してください。',
    },
  ),
  'replica-copying': entry(
    'HK509',
    5,
    true,
    {
      en: '{replica} is still copying from {primary} ({percent}%).',
      ja: '{replica} は {primary} からの複製を続けています（{percent}%）。',
    },
    {
      en: 'It goes on by itself; look again with "hikeshi verify", and run the step again when it has ended without a stream.',
      ja: '複製は継続しています。「hikeshi verify」で再確認し、受信が始まらずに終わった場合は再実行してください。',
    },
  ),
  'webhook-unreachable': entry(
    'HK540',
    5,
    true,
    {
      en: 'Cluster "{cluster}" asks the admission webhook "{webhook}" about every such change, and it does not answer: {reason}',
      ja: 'クラスター「{cluster}」のアドミッション Webhook「{webhook}」が応答しません: {reason}',
    },
    {
      en: 'Nothing was changed by this attempt. Bring the webhook back, or have its failurePolicy looked at.',
      ja: 'この試行では何も変更していません。Webhook を復旧するか、failurePolicy を確認してください。',
    },
  ),
  'rollout-going-on': entry(
    'HK541',
    5,
    true,
    { en: '{target} is still on its way: {status}', ja: '{target} は進行中です: {status}' },
    {
      en: 'It goes on by itself; look with "hikeshi show {incident}", and with "hikeshi verify" whether it took effect, before you undo it.',
      ja: '変更は進行中です。元に戻す前に「hikeshi show {incident}」と「hikeshi verify」で反映を確認してください。',
    },
  ),
  'archive-unwritable': entry(
    'HK550',
    5,
    true,
    {
      en: 'Run {run} of {workflow} cannot be written to the archive {folder}: {reason}',
      ja: '{workflow} の実行 {run} を保管先 {folder} に書き込めません: {reason}',
    },
    {
      en: 'Make room there, or give the worker the right. It tries again until Temporal is about to forget the run.',
      ja: '空き容量か書き込み権限を用意してください。Temporal の保持期間が終わる前まで再試行します。',
    },
  ),
  'run-forgotten': entry(
    'HK551',
    5,
    false,
    {
      en: 'Temporal has forgotten run {run} of {workflow}, and it was not archived.',
      ja: '{workflow} の実行 {run} は保管前に Temporal から削除されました。',
    },
    {
      en: 'It cannot be proven any more. Keep runs longer (retention), and watch the archive.',
      ja: 'この実行は検証できません。保持期間を延ばし、保管先を監視してください。',
    },
  ),
  'database-starting': entry(
    'HK560',
    5,
    true,
    {
      en: '{connection} is starting or recovering: {reason}',
      ja: '{connection} は起動中またはリカバリー中です: {reason}',
    },
    {
      en: 'Wait for it and leave its pod alone: each new start begins from the beginning.',
      ja: '完了を待ってください。Pod を作り直すと、起動処理が最初からやり直しになります。',
    },
  ),
  'too-busy': entry(
    'HK530',
    5,
    true,
    {
      en: '{limit} messages are being worked on already.',
      ja: '{limit} 件のメッセージを処理中です。',
    },
    { en: 'Send it again in a few seconds.', ja: '数秒後に再送してください。' },
  ),
  'too-many-requests': entry(
    'HK531',
    5,
    true,
    {
      en: '{person} asks too often: {limit} are taken.',
      ja: '{person} からの要求が多すぎます（上限: {limit}）。',
    },
    { en: 'Send it again in {seconds} s.', ja: '{seconds} 秒後に再送してください。' },
  ),
} as const
