import { entry } from './entry.ts'

/** HK4xx: Kubernetes, an HTTP target or a channel said no. */
export const targetFailures = {
  forbidden: entry(
    'HK401',
    1,
    false,
    {
      en: 'The worker of cluster "{cluster}" may not {verb} {resource} in namespace {namespace}.',
      ja: 'クラスター「{cluster}」のワーカーには、名前空間 {namespace} の {resource} に対する {verb} 権限がありません。',
    },
    {
      en: 'Give it the role "{role}" (deploy/kubernetes/rbac.yaml).',
      ja: 'ロール「{role}」を付与してください（deploy/kubernetes/rbac.yaml）。',
    },
  ),
  'target-not-found': entry(
    'HK402',
    1,
    false,
    { en: '{target} does not exist.', ja: '{target} が存在しません。' },
    { en: 'Check the name in the runbook.', ja: 'Runbook の名前を確認してください。' },
  ),
  'target-changed': entry(
    'HK403',
    1,
    false,
    {
      en: '{target} is not as it was when the step was planned: {difference}',
      ja: '{target} は計画時から変わっています: {difference}',
    },
    {
      en: 'Nothing was changed. Plan again: hikeshi run {incident} {step}',
      ja: '何も変更していません。計画し直してください: hikeshi run {incident} {step}',
    },
  ),
  'target-busy': entry(
    'HK404',
    1,
    true,
    { en: '{target} is being worked on by {holder}.', ja: '{target} は {holder} が操作中です。' },
    {
      en: 'Wait until that step has ended, then run this one again.',
      ja: 'その手順の完了後に再実行してください。',
    },
  ),
  'precondition-failed': entry(
    'HK405',
    1,
    false,
    { en: '{target}: {reason}', ja: '{target}: {reason}' },
    { en: 'Nothing was changed.', ja: '何も変更していません。' },
  ),
  'kubernetes-refused': entry(
    'HK406',
    1,
    false,
    {
      en: 'Kubernetes refused {action} on {target}: {reason}',
      ja: 'Kubernetes が {target} への {action} を拒否しました: {reason}',
    },
    { en: 'Nothing was changed by this attempt.', ja: 'この試行では何も変更していません。' },
  ),
  'channel-refused': entry(
    'HK407',
    1,
    false,
    {
      en: 'Channel "{channel}" refused the message: {reason}',
      ja: '通知先「{channel}」がメッセージを拒否しました: {reason}',
    },
    {
      en: "The next channel is tried. Check the channel's settings.",
      ja: '次の通知先を試します。通知先の設定を確認してください。',
    },
  ),
  'channel-unknown': entry(
    'HK408',
    1,
    false,
    {
      en: 'The worker knows no channel "{channel}".',
      ja: 'ワーカーに通知先「{channel}」の設定がありません。',
    },
    {
      en: 'Add it to the file that HIKESHI_CHANNELS names. Channels that exist: {known}.',
      ja: 'HIKESHI_CHANNELS のファイルに追加してください。存在する通知先: {known}。',
    },
  ),
  'attestation-invalid': entry(
    'HK409',
    1,
    false,
    {
      en: 'An approval of step "{step}" claims to be by {person} but carries no valid attestation of the API.',
      ja: '手順「{step}」の承認（{person}）に、API の有効な証明がありません。',
    },
    {
      en: 'Nothing was changed. Approve again through the API.',
      ja: '何も変更していません。API から承認し直してください。',
    },
  ),
  'disruption-budget': entry(
    'HK412',
    1,
    false,
    {
      en: 'PodDisruptionBudget {budget} does not let {target} go: {reason}. Deleted: {deleted}; left: {left}.',
      ja: 'PodDisruptionBudget {budget} により {target} を削除できません: {reason}。削除済み: {deleted}、残り: {left}。',
    },
    {
      en: 'When more of its pods are Ready, run it again: hikeshi run {incident} {step}',
      ja: 'Ready の Pod が増えてから再実行してください: hikeshi run {incident} {step}',
    },
  ),
  'replacement-not-ready': entry(
    'HK413',
    1,
    false,
    {
      en: 'Stopped half-way: the new pods were not Ready within {seconds} s ({reason}). Deleted: {deleted}; left: {left}.',
      ja: '途中で停止しました: 新しい Pod が {seconds} 秒以内に Ready になりません（{reason}）。削除済み: {deleted}、残り: {left}。',
    },
    {
      en: 'Look at the new pods first; the rest can be run again: hikeshi run {incident} {step}',
      ja: '新しい Pod を確認してください。残りは再実行できます: hikeshi run {incident} {step}',
    },
  ),
  'exec-forbidden': entry(
    'HK420',
    1,
    false,
    {
      en: 'The worker of cluster "{cluster}" may not run programs in containers (create pods/exec) in namespace {namespace}.',
      ja: 'クラスター「{cluster}」のワーカーには、名前空間 {namespace} のコンテナーでプログラムを実行する権限（pods/exec の create）がありません。',
    },
    {
      en: 'It is a right of its own; apply deploy/kubernetes/rbac-exec.yaml if the worker should have it.',
      ja: '独立した権限です。付与する場合は deploy/kubernetes/rbac-exec.yaml を適用してください。',
    },
  ),
  'container-not-running': entry(
    'HK421',
    1,
    false,
    {
      en: 'No program can be run in {target}: {reason}',
      ja: '{target} ではプログラムを実行できません: {reason}',
    },
    {
      en: 'Nothing was run. Wait until a container of it runs, or look why it does not.',
      ja: '何も実行していません。コンテナーの起動を待つか、起動しない原因を確認してください。',
    },
  ),
  'program-not-found': entry(
    'HK422',
    1,
    false,
    {
      en: 'There is no program "{program}" in {target}.',
      ja: '{target} にプログラム「{program}」がありません。',
    },
    {
      en: 'Nothing was run. Name a program of the image in the runbook.',
      ja: '何も実行していません。イメージに含まれるプログラムを Runbook に書いてください。',
    },
  ),
  'program-failed': entry(
    'HK423',
    1,
    false,
    {
      en: '"{program}" in {target} ended with exit code {exit}: {reason}',
      ja: '{target} の「{program}」が終了コード {exit} で終了しました: {reason}',
    },
    {
      en: 'Read what it says; what it did before it failed stays done.',
      ja: 'メッセージを確認してください。失敗前に行われた変更は残っています。',
    },
  ),
  'metrics-missing': entry(
    'HK424',
    1,
    false,
    {
      en: 'Cluster "{cluster}" has no figures of CPU and memory: {reason}',
      ja: 'クラスター「{cluster}」では CPU・メモリの使用量を取得できません: {reason}',
    },
    {
      en: 'They come from metrics-server: install it, or look why it does not answer (kubectl get apiservice v1beta1.metrics.k8s.io).',
      ja: 'metrics-server をインストールするか、応答しない原因を確認してください（kubectl get apiservice v1beta1.metrics.k8s.io）。',
    },
  ),
  'query-refused': entry(
    'HK430',
    1,
    false,
    { en: '{connection} refused the query: {reason}', ja: '{connection} がクエリを拒否しました: {reason}' },
    {
      en: 'Correct the query of the step; nothing was changed.',
      ja: '手順のクエリを直してください。何も変更していません。',
    },
  ),
  'output-lost': entry(
    'HK431',
    1,
    false,
    {
      en: 'The answer could not be written to standard output: {reason}',
      ja: '標準出力に書き込めませんでした: {reason}',
    },
    {
      en: 'What was asked for may be done: look before you repeat it.',
      ja: '操作自体は実行された可能性があります。再実行の前に確認してください。',
    },
  ),
  'credentials-refused': entry(
    'HK440',
    1,
    false,
    {
      en: 'The Kubernetes API of cluster "{cluster}" does not accept the credentials of the worker: {reason}',
      ja: 'クラスター「{cluster}」の Kubernetes API がワーカーの認証情報を受け付けません: {reason}',
    },
    {
      en: 'Put fresh credentials into its kubeconfig (a token may have expired); it is read again by itself.',
      ja: 'ワーカーの kubeconfig の認証情報を更新してください（トークンの期限切れなど）。自動で読み直します。',
    },
  ),
  'policy-refused': entry(
    'HK441',
    1,
    false,
    {
      en: 'A policy of cluster "{cluster}" forbids to {action} {target}: {reason}',
      ja: 'クラスター「{cluster}」のポリシーにより {target} への {action} が拒否されました: {reason}',
    },
    {
      en: 'Nothing was changed by this attempt. Do as its sentence says, or ask whoever keeps the policy.',
      ja: 'この試行では何も変更していません。メッセージに従うか、ポリシーの管理者に確認してください。',
    },
  ),
  'quota-exceeded': entry(
    'HK442',
    1,
    false,
    {
      en: 'The quota of the namespace does not allow to {action} {target}: {reason}',
      ja: '名前空間のクォータにより {target} への {action} ができません: {reason}',
    },
    {
      en: 'Nothing was changed by this attempt. Have the quota raised, or free what it counts (kubectl describe quota).',
      ja: 'この試行では何も変更していません。クォータを引き上げるか、空きを作ってください（kubectl describe quota）。',
    },
  ),
  'limit-range-exceeded': entry(
    'HK443',
    1,
    false,
    {
      en: 'A LimitRange of the namespace does not allow to {action} {target}: {reason}',
      ja: '名前空間の LimitRange により {target} への {action} ができません: {reason}',
    },
    {
      en: 'Nothing was changed by this attempt. Stay within it, or have it changed (kubectl describe limitrange).',
      ja: 'この試行では何も変更していません。範囲内の値にするか、変更を依頼してください（kubectl describe limitrange）。',
    },
  ),
  'namespace-terminating': entry(
    'HK444',
    1,
    false,
    {
      en: 'Namespace {namespace} of cluster "{cluster}" is being deleted: {reason}',
      ja: 'クラスター「{cluster}」の名前空間 {namespace} は削除中です: {reason}',
    },
    {
      en: 'Nothing new can be made in it. Find out who deletes it (kubectl get namespace {namespace} -o yaml).',
      ja: '新しいものは作成できません。削除の経緯を確認してください（kubectl get namespace {namespace} -o yaml）。',
    },
  ),
  'replacement-starting': entry(
    'HK445',
    1,
    true,
    {
      en: 'Half-way: the new pods are still starting ({reason}). Deleted: {deleted}; left: {left}.',
      ja: '途中です: 新しい Pod が起動中です（{reason}）。削除済み: {deleted}、残り: {left}。',
    },
    {
      en: 'When they are Ready the rest can be run again: hikeshi run {incident} {step}',
      ja: 'Ready になったら残りを再実行できます: hikeshi run {incident} {step}',
    },
  ),
  'evidence-changed': entry(
    'HK450',
    1,
    false,
    {
      en: '{what} is not what the timeline was sealed with: it was changed, or something before it is missing.',
      ja: '{what} がタイムラインの封印と一致しません。変更されたか、前の記録が欠けています。',
    },
    {
      en: 'Nothing of it is shown. "hikeshi replay" tells what differs; keep the folder of the archive as it is.',
      ja: '内容は表示しません。相違点は「hikeshi replay」で確認し、保管フォルダーはそのまま残してください。',
    },
  ),
} as const
