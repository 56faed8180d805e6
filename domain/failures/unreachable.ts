import { atTheDoor, beforeAnything, entry } from './entry.ts'

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
      en: 'Check that it is running and that TEMPORAL_ADDRESS is right.',
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
    { en: 'Cannot reach {url}: {reason}', ja: '{url} に接続できません: {reason}' },
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
    { en: 'It will be retried, then the next channel.', ja: '再試行し、その後は次の通知先を試します。' },
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
      en: 'Check that it is running and that HIKESHI_API_URL is right.',
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
      en: 'Start one: hikeshi worker. What you sent may still be carried out then: check before you repeat it.',
      ja: 'ワーカーを起動してください: hikeshi worker。送信した操作は後で実行される場合があります。再実行の前に確認してください。',
    },
    beforeAnything,
  ),
  'search-attribute-missing': entry(
    'HK507',
    5,
    false,
    {
      en: 'Temporal has no search attribute {attribute} and it could not be added: {reason}',
      ja: 'Temporal に検索属性 {attribute} がなく、追加もできません: {reason}',
    },
    {
      en: 'Ask an administrator to add it (type {type}).',
      ja: '管理者に追加（型 {type}）を依頼してください。',
    },
  ),
  'database-unreachable': entry(
    'HK508',
    5,
    true,
    {
      en: 'Cannot reach {connection} at {address}: {reason}',
      ja: '{connection}（{address}）に接続できません: {reason}',
    },
    {
      en: 'Check that it is running and that the worker can reach it.',
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
      en: 'The copy continues on its own; check again with "hikeshi verify", and run the step again if the copy ends and streaming does not start.',
      ja: '複製は継続しています。「hikeshi verify」で再確認し、複製が終わっても受信が始まらない場合は再実行してください。',
    },
  ),
  'webhook-unreachable': entry(
    'HK540',
    5,
    true,
    {
      en: 'The admission webhook "{webhook}" of cluster "{cluster}" does not answer: {reason}',
      ja: 'クラスター「{cluster}」のアドミッション Webhook「{webhook}」が応答しません: {reason}',
    },
    {
      en: 'Nothing was changed by this attempt. Bring the webhook back, or check its failurePolicy.',
      ja: 'この試行では何も変更していません。Webhook を復旧するか、failurePolicy を確認してください。',
    },
    atTheDoor,
  ),
  'rollout-going-on': entry(
    'HK541',
    5,
    true,
    { en: '{target} is not finished yet: {status}', ja: '{target} は進行中です: {status}' },
    {
      en: 'It continues on its own; before you undo it, look at "hikeshi show {incident}" and check with "hikeshi verify" whether it took effect.',
      ja: '変更は進行中です。元に戻す前に「hikeshi show {incident}」と「hikeshi verify」で反映を確認してください。',
    },
  ),
  'archive-unwritable': entry(
    'HK550',
    5,
    true,
    {
      en: 'Cannot write run {run} of {workflow} to the archive {folder}: {reason}',
      ja: '{workflow} の実行 {run} を保管先 {folder} に書き込めません: {reason}',
    },
    {
      en: "Free space there, or give the worker write permission. It keeps trying until shortly before Temporal's retention ends.",
      ja: '空き容量か書き込み権限を用意してください。Temporal の保持期間が終わる直前まで再試行します。',
    },
  ),
  'evidence-unwritable': entry(
    'HK552',
    5,
    true,
    {
      en: 'Cannot write evidence to the archive {folder}: {reason}',
      ja: '証跡を保管先 {folder} に書き込めません: {reason}',
    },
    {
      en: 'Free space there, or have its disk answer again. It keeps trying and holds nothing up; logs that the kubelet drops until then are missing.',
      ja: '空き容量を用意するか、ディスクを復旧してください。対応を妨げずに再試行しますが、それまでに kubelet から消えたログは残りません。',
    },
  ),
  'run-forgotten': entry(
    'HK551',
    5,
    false,
    {
      en: 'Temporal no longer has run {run} of {workflow}, and it was not archived.',
      ja: '{workflow} の実行 {run} は保管前に Temporal から削除されました。',
    },
    {
      en: 'It can no longer be proven. Set a longer retention, and monitor the archive.',
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
      en: 'Wait, and leave its pod alone: a restart begins recovery from the start.',
      ja: '完了を待ってください。Pod を作り直すと、起動処理が最初からやり直しになります。',
    },
  ),
  'job-not-ready': entry(
    'HK561',
    5,
    true,
    {
      en: 'The pod that works on the data does not run yet (Job {job}): {reason}',
      ja: 'データを操作する Pod がまだ動作していません（Job {job}）: {reason}',
    },
    {
      en: '"kubectl -n {namespace} describe job {job}" and its pod say why. It is tried again.',
      ja: '"kubectl -n {namespace} describe job {job}" と Pod の状態で原因を確認してください。自動で再試行します。',
    },
  ),
  'log-unwritable': entry(
    'HK554',
    5,
    true,
    {
      en: 'Cannot write to the transparency log {folder}: {reason}',
      ja: '透明性ログ {folder} に書き込めません: {reason}',
    },
    {
      en: 'Free space there, or give the worker write permission. The archive itself is whole; what waits in the folder `waiting` is added with the next head, and when the worker starts.',
      ja: '空き容量か書き込み権限を用意してください。保管自体は完了しています。`waiting` フォルダーで待つ先頭ハッシュは、次の追記時とワーカーの起動時に追記します。',
    },
  ),
  'witness-unreachable': entry(
    'HK553',
    5,
    true,
    {
      en: 'The witness at {address} did not cosign: {reason}',
      ja: 'ウィットネス（{address}）が連署しませんでした: {reason}',
    },
    {
      en: 'Check the address and what the witness knows of this log, then run "hikeshi log publish" again.',
      ja: 'アドレスとウィットネス側のログの設定を確認し、「hikeshi log publish」を再実行してください。',
    },
  ),
  'bucket-unreachable': entry(
    'HK555',
    5,
    true,
    {
      en: 'Cannot reach the bucket "{bucket}": {reason}',
      ja: 'バケット「{bucket}」に接続できません: {reason}',
    },
    {
      en: 'Check AWS_ENDPOINT_URL_S3 and the network, then run it again: it continues with what is missing.',
      ja: 'AWS_ENDPOINT_URL_S3 とネットワークを確認して再実行してください。足りないものから続けます。',
    },
  ),
  'too-busy': entry(
    'HK530',
    5,
    true,
    {
      en: 'Already handling {limit} messages.',
      ja: '{limit} 件のメッセージを処理中です。',
    },
    { en: 'Send it again in a few seconds.', ja: '数秒後に再送してください。' },
  ),
  'too-many-requests': entry(
    'HK531',
    5,
    true,
    {
      en: 'Too many requests from {person}: the limit is {limit}.',
      ja: '{person} からの要求が多すぎます（上限: {limit}）。',
    },
    { en: 'Send it again in {seconds} s.', ja: '{seconds} 秒後に再送してください。' },
  ),
} as const
