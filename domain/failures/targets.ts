import { atTheDoor, beforeAnything, entry } from './entry.ts'

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
    atTheDoor,
  ),
  'target-not-found': entry(
    'HK402',
    1,
    false,
    { en: '{target} does not exist.', ja: '{target} が存在しません。' },
    { en: 'Check the name in the runbook.', ja: 'Runbook の名前を確認してください。' },
    beforeAnything,
  ),
  'target-changed': entry(
    'HK403',
    1,
    false,
    {
      en: '{target} has changed since the step was planned: {difference}',
      ja: '{target} は計画時から変わっています: {difference}',
    },
    {
      en: 'Nothing was changed. Plan again: hikeshi run {incident} {step}',
      ja: '何も変更していません。計画し直してください: hikeshi run {incident} {step}',
    },
    beforeAnything,
  ),
  'target-busy': entry(
    'HK404',
    1,
    true,
    { en: '{holder} is already working on {target}.', ja: '{target} は {holder} が操作中です。' },
    {
      en: 'Wait for that step to finish, then run this one again.',
      ja: 'その手順の完了後に再実行してください。',
    },
    beforeAnything,
  ),
  'precondition-failed': entry(
    'HK405',
    1,
    false,
    { en: '{target}: {reason}', ja: '{target}: {reason}' },
    { en: 'Nothing was changed.', ja: '何も変更していません。' },
    beforeAnything,
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
    atTheDoor,
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
      en: "The next channel will be tried. Check this channel's settings.",
      ja: '次の通知先を試します。通知先の設定を確認してください。',
    },
  ),
  'channel-unknown': entry(
    'HK408',
    1,
    false,
    {
      en: 'The worker has no channel "{channel}".',
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
      en: 'An approval of step "{step}" claims to be from {person} but has no valid attestation from the API.',
      ja: '手順「{step}」の承認（{person}）に、API の有効な証明がありません。',
    },
    {
      en: 'Nothing was changed. Approve again through the API.',
      ja: '何も変更していません。API から承認し直してください。',
    },
    beforeAnything,
  ),
  'disruption-budget': entry(
    'HK412',
    1,
    false,
    {
      en: 'PodDisruptionBudget {budget} blocks the eviction of {target}: {reason}. Deleted: {deleted}; left: {left}.',
      ja: 'PodDisruptionBudget {budget} により {target} を削除できません: {reason}。削除済み: {deleted}、残り: {left}。',
    },
    {
      en: 'Run it again when more of its pods are Ready: hikeshi run {incident} {step}',
      ja: 'Ready の Pod が増えてから再実行してください: hikeshi run {incident} {step}',
    },
    // It may let some pods go and then no more; it says which.
    ({ deleted }) => deleted === '-',
  ),
  'replacement-not-ready': entry(
    'HK413',
    1,
    false,
    {
      en: 'Stopped halfway: the new pods were not Ready within {seconds} s ({reason}). Deleted: {deleted}; left: {left}.',
      ja: '途中で停止しました: 新しい Pod が {seconds} 秒以内に Ready になりません（{reason}）。削除済み: {deleted}、残り: {left}。',
    },
    {
      en: 'Check the new pods first; then run the rest: hikeshi run {incident} {step}',
      ja: '先に新しい Pod を確認してください。残りは再実行できます: hikeshi run {incident} {step}',
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
      en: 'This is a separate right; apply deploy/kubernetes/rbac-exec.yaml if the worker should have it.',
      ja: '独立した権限です。付与する場合は deploy/kubernetes/rbac-exec.yaml を適用してください。',
    },
    beforeAnything,
  ),
  'container-not-running': entry(
    'HK421',
    1,
    false,
    {
      en: 'Cannot run a program in {target}: {reason}',
      ja: '{target} ではプログラムを実行できません: {reason}',
    },
    {
      en: 'Nothing was run. Wait for a container to start, or find out why none does.',
      ja: '何も実行していません。コンテナーの起動を待つか、起動しない原因を確認してください。',
    },
    beforeAnything,
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
    beforeAnything,
  ),
  'program-failed': entry(
    'HK423',
    1,
    false,
    {
      en: '"{program}" in {target} exited with {exit}: {reason}',
      ja: '{target} の「{program}」が終了コード {exit} で終了しました: {reason}',
    },
    {
      en: 'Read its message; whatever it changed before failing is still changed.',
      ja: 'メッセージを確認してください。失敗前に行われた変更は残っています。',
    },
  ),
  'metrics-missing': entry(
    'HK424',
    1,
    false,
    {
      en: 'Cluster "{cluster}" reports no CPU and memory usage: {reason}',
      ja: 'クラスター「{cluster}」では CPU・メモリの使用量を取得できません: {reason}',
    },
    {
      en: 'Install metrics-server, or find out why it does not answer (kubectl get apiservice v1beta1.metrics.k8s.io).',
      ja: 'metrics-server をインストールするか、応答しない原因を確認してください（kubectl get apiservice v1beta1.metrics.k8s.io）。',
    },
  ),
  'query-refused': entry(
    'HK430',
    1,
    false,
    { en: '{connection} refused the query: {reason}', ja: '{connection} がクエリを拒否しました: {reason}' },
    {
      en: "Fix the step's query; nothing was changed.",
      ja: '手順のクエリを直してください。何も変更していません。',
    },
    beforeAnything,
  ),
  'output-lost': entry(
    'HK431',
    1,
    false,
    {
      en: 'Could not write to standard output: {reason}',
      ja: '標準出力に書き込めませんでした: {reason}',
    },
    {
      en: 'The command itself may have been carried out: check before you repeat it.',
      ja: '操作自体は実行された可能性があります。再実行の前に確認してください。',
    },
  ),
  'credentials-refused': entry(
    'HK440',
    1,
    false,
    {
      en: 'The Kubernetes API of cluster "{cluster}" rejects the worker\'s credentials: {reason}',
      ja: 'クラスター「{cluster}」の Kubernetes API がワーカーの認証情報を受け付けません: {reason}',
    },
    {
      en: "Put fresh credentials into the worker's kubeconfig (a token may have expired); it is re-read automatically.",
      ja: 'ワーカーの kubeconfig の認証情報を更新してください（トークンの期限切れなど）。自動で読み直します。',
    },
    atTheDoor,
  ),
  'policy-refused': entry(
    'HK441',
    1,
    false,
    {
      en: 'A policy of cluster "{cluster}" does not allow hikeshi to {action} {target}: {reason}',
      ja: 'クラスター「{cluster}」のポリシーにより {target} への {action} が拒否されました: {reason}',
    },
    {
      en: 'Nothing was changed by this attempt. Follow the message, or ask the owner of the policy.',
      ja: 'この試行では何も変更していません。メッセージに従うか、ポリシーの管理者に確認してください。',
    },
    atTheDoor,
  ),
  'quota-exceeded': entry(
    'HK442',
    1,
    false,
    {
      en: "The namespace's quota does not allow hikeshi to {action} {target}: {reason}",
      ja: '名前空間のクォータにより {target} への {action} ができません: {reason}',
    },
    {
      en: 'Nothing was changed by this attempt. Ask for a higher quota, or free some of it (kubectl describe quota).',
      ja: 'この試行では何も変更していません。クォータを引き上げるか、空きを作ってください（kubectl describe quota）。',
    },
    atTheDoor,
  ),
  'limit-range-exceeded': entry(
    'HK443',
    1,
    false,
    {
      en: "The namespace's LimitRange does not allow hikeshi to {action} {target}: {reason}",
      ja: '名前空間の LimitRange により {target} への {action} ができません: {reason}',
    },
    {
      en: 'Nothing was changed by this attempt. Stay within it, or have it changed (kubectl describe limitrange).',
      ja: 'この試行では何も変更していません。範囲内の値にするか、変更を依頼してください（kubectl describe limitrange）。',
    },
    atTheDoor,
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
      en: 'Nothing new can be created in it. Find out who is deleting it (kubectl get namespace {namespace} -o yaml).',
      ja: '新しいものは作成できません。削除の経緯を確認してください（kubectl get namespace {namespace} -o yaml）。',
    },
    atTheDoor,
  ),
  'replacement-starting': entry(
    'HK445',
    1,
    true,
    {
      en: 'Halfway: the new pods are still starting ({reason}). Deleted: {deleted}; left: {left}.',
      ja: '途中です: 新しい Pod が起動中です（{reason}）。削除済み: {deleted}、残り: {left}。',
    },
    {
      en: 'Once they are Ready, run the rest: hikeshi run {incident} {step}',
      ja: 'Ready になったら残りを再実行できます: hikeshi run {incident} {step}',
    },
  ),
  'evidence-changed': entry(
    'HK450',
    1,
    false,
    {
      en: "{what} does not match the timeline's seal: it was changed, or something before it is missing.",
      ja: '{what} がタイムラインの封印と一致しません。変更されたか、前の記録が欠けています。',
    },
    {
      en: 'Its content is not shown. "hikeshi replay" shows what differs; leave the archive folder as it is.',
      ja: '内容は表示しません。相違点は「hikeshi replay」で確認し、保管フォルダーはそのまま残してください。',
    },
  ),
  'evidence-unsigned': entry(
    'HK451',
    1,
    false,
    {
      en: 'Nobody whose key was given stands for the bundle {folder}: anybody who can write there could have made it. It proves nothing.',
      ja: 'バンドル {folder} に、指定した鍵による署名がありません。書き込める人なら誰でも作成できるため、何も証明しません。',
    },
    {
      en: 'Verify it with the public key of its signer, from somewhere else than the bundle; get one that was signed; or accept this one for its damage check alone, and say so (docs/evidence.md).',
      ja: 'バンドルとは別に入手した署名者の公開鍵で検証するか、署名されたバンドルを入手してください。破損の確認だけでよければ、その旨を指定してください（docs/evidence.md）。',
    },
  ),
  'log-changed': entry(
    'HK452',
    1,
    false,
    {
      en: 'The transparency log {folder} does not hold together: {problem}',
      ja: '透明性ログ {folder} の整合性が失われています: {problem}',
    },
    {
      en: 'Nothing is added to it meanwhile. Leave the folder as it is, compare it with a copy, and see docs/transparency.md.',
      ja: 'このログには追記しません。フォルダーはそのまま残し、複製と比較してください（docs/transparency.md）。',
    },
  ),
  'bucket-forbidden': entry(
    'HK453',
    1,
    false,
    {
      en: 'The bucket "{bucket}" does not let you in: {reason}',
      ja: 'バケット「{bucket}」を利用できません: {reason}',
    },
    {
      en: 'Check AWS_PROFILE or AWS_ACCESS_KEY_ID, and the rights that docs/evidence.md lists.',
      ja: 'AWS_PROFILE または AWS_ACCESS_KEY_ID と、docs/evidence.md の権限を確認してください。',
    },
  ),
  'bucket-not-locking': entry(
    'HK454',
    1,
    false,
    {
      en: 'The bucket "{bucket}" has no Object Lock; nothing was written.',
      ja: 'バケット「{bucket}」は Object Lock が無効です。何も書き込んでいません。',
    },
    {
      en: 'Choose a bucket that was made with Object Lock (docs/evidence.md), or leave out the lock.',
      ja: 'Object Lock を有効にして作成したバケット（docs/evidence.md）を使うか、ロックの指定を外してください。',
    },
  ),
  'bucket-refused': entry(
    'HK455',
    1,
    false,
    {
      en: 'The bucket "{bucket}" refuses: {reason}',
      ja: 'バケット「{bucket}」が拒否しました: {reason}',
    },
    {
      en: 'What was written so far stays; without its manifest it is no bundle. Once the reason is gone, run it again: it continues.',
      ja: '書き込み済みのものは残りますが、マニフェストがないためバンドルではありません。原因を解消して再実行すると、続きから書き込みます。',
    },
  ),
} as const
