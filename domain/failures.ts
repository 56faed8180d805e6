/**
 * Every failure a person can meet, in one list. A code is never reused and never changes its meaning.
 * HK1xx input · HK2xx not found · HK3xx refused by a rule · HK4xx a target said no · HK5xx unreachable · HK6xx timed out · HK9xx ours.
 * `exit` is the command line's exit code; `retryable` says whether trying the same again can help.
 * `{name}` places are filled from the failure's parameters.
 */
import { type Lang, type Text, withoutControlCharacters } from './words.ts'

type Entry = {
  readonly code: `HK${number}`
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6
  readonly retryable: boolean
  readonly what: Text
  readonly next: Text
}

const entry = (
  code: Entry['code'],
  exit: Entry['exit'],
  retryable: boolean,
  what: Text,
  next: Text,
): Entry => ({ code, exit, retryable, what, next })

export const failures = {
  // HK1xx: what was sent cannot be understood.
  'bad-input': entry(
    'HK101',
    2,
    false,
    { en: '{where}: {problem}', ja: '{where}: {problem}' },
    { en: 'Correct the value and try again.', ja: '値を直してもう一度実行してください。' },
  ),
  'unknown-command-version': entry(
    'HK102',
    2,
    false,
    {
      en: 'The command "{command}" came with version {version}; this hikeshi understands version 1.',
      ja: 'コマンド「{command}」のバージョン {version} は扱えません（対応バージョン: 1）。',
    },
    {
      en: 'Use the command line or API of the same release as the workers.',
      ja: 'ワーカーと同じリリースのコマンドラインまたは API を使ってください。',
    },
  ),
  'unknown-command': entry(
    'HK103',
    2,
    false,
    { en: 'There is no command "{command}".', ja: 'コマンド「{command}」はありません。' },
    { en: 'Known commands: {known}.', ja: '使えるコマンド: {known}。' },
  ),
  'bad-runbook': entry(
    'HK104',
    2,
    false,
    { en: 'The runbook has {count} mistake(s): {first}', ja: 'Runbook に誤りが {count} 件あります: {first}' },
    {
      en: 'Run "hikeshi runbook check FILE" and correct them; nothing was published.',
      ja: '「hikeshi runbook check FILE」で確認して直してください。何も公開されていません。',
    },
  ),
  'text-too-long': entry(
    'HK105',
    2,
    false,
    {
      en: '{where} has {length} characters; at most {limit} are kept.',
      ja: '{where} は {length} 文字です（上限 {limit} 文字）。',
    },
    {
      en: 'Shorten it, or attach the long text as evidence.',
      ja: '短くするか、長い文章は証跡として添付してください。',
    },
  ),

  // HK2xx: it does not exist.
  'unknown-service': entry(
    'HK201',
    3,
    false,
    {
      en: 'No runbook knows a service "{service}".',
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
    { en: 'Say which: {known}.', ja: 'どれかを指定してください: {known}。' },
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
      en: "Connections that exist: {known}. Name it in the file HIKESHI_CONNECTIONS of the cluster's workers.",
      ja: '存在する接続先: {known}。クラスターのワーカーの HIKESHI_CONNECTIONS に追加してください。',
    },
  ),

  // HK3xx: understood, but a rule says no.
  'not-open': entry(
    'HK301',
    4,
    false,
    {
      en: 'Incident {incident} is {phase}; "{command}" is not possible any more.',
      ja: 'インシデント {incident} は「{phase}」のため、「{command}」はできません。',
    },
    {
      en: 'Use "hikeshi reopen {incident}" if it is not over, or declare a new incident.',
      ja: '終わっていない場合は「hikeshi reopen {incident}」、または新しく宣言してください。',
    },
  ),
  'wrong-phase': entry(
    'HK302',
    4,
    false,
    {
      en: 'Incident {incident} is {phase}; "{command}" needs it to be {needed}.',
      ja: 'インシデント {incident} は「{phase}」です。「{command}」には「{needed}」である必要があります。',
    },
    { en: 'See "hikeshi show {incident}".', ja: '「hikeshi show {incident}」で確認してください。' },
  ),
  already: entry(
    'HK303',
    4,
    false,
    { en: '{what} already, by {by} at {at}.', ja: '{what}（すでに {by} が {at} に実施済み）。' },
    { en: 'Nothing more to do.', ja: '追加の操作は不要です。' },
  ),
  'requester-cannot-approve': entry(
    'HK304',
    4,
    false,
    {
      en: '{person} asked for step "{step}" and cannot approve it.',
      ja: '{person} は手順「{step}」の依頼者のため承認できません。',
    },
    {
      en: 'Ask another person: hikeshi approve {incident} {step}',
      ja: '別の人に依頼してください: hikeshi approve {incident} {step}',
    },
  ),
  'already-approved-by-you': entry(
    'HK305',
    4,
    false,
    {
      en: '{person} has already approved step "{step}"; {missing} more approval(s) by other people are needed.',
      ja: '{person} は手順「{step}」を承認済みです。あと {missing} 人の承認が必要です。',
    },
    { en: 'Ask another person.', ja: '別の人に依頼してください。' },
  ),
  'unverified-approver': entry(
    'HK306',
    4,
    false,
    {
      en: 'Step "{step}" is {risk}; {person} is not verified and cannot approve it.',
      ja: '手順「{step}」のリスクは {risk} です。本人確認のない {person} は承認できません。',
    },
    {
      en: 'Approve through the API with a personal token.',
      ja: '個人トークンを使って API から承認してください。',
    },
  ),
  'step-changed': entry(
    'HK307',
    4,
    false,
    {
      en: 'Step "{step}" is not what you saw: you approve {given}, it is now {actual}.',
      ja: '手順「{step}」は表示時から変わっています（指定 {given}、現在 {actual}）。',
    },
    {
      en: 'Look again with "hikeshi show {incident}" and approve what is there now.',
      ja: '「hikeshi show {incident}」で見直してから承認してください。',
    },
  ),
  'step-not-waiting': entry(
    'HK308',
    4,
    false,
    {
      en: 'Step "{step}" is {status}; it does not wait for "{command}".',
      ja: '手順「{step}」は「{status}」で、「{command}」待ちではありません。',
    },
    { en: 'See "hikeshi show {incident}".', ja: '「hikeshi show {incident}」で確認してください。' },
  ),
  'step-busy': entry(
    'HK309',
    4,
    true,
    { en: 'Step "{step}" is already under way ({status}).', ja: '手順「{step}」は実行中です（{status}）。' },
    { en: 'Wait for it: hikeshi watch {incident}', ja: '完了を待ってください: hikeshi watch {incident}' },
  ),
  'not-undoable': entry(
    'HK310',
    4,
    false,
    { en: 'Step "{step}" cannot be undone: {reason}', ja: '手順「{step}」は元に戻せません: {reason}' },
    {
      en: 'See "hikeshi timeline {incident}" for what it did.',
      ja: '「hikeshi timeline {incident}」で実施内容を確認してください。',
    },
  ),
  frozen: entry(
    'HK311',
    4,
    false,
    {
      en: 'All automation is frozen by {by} since {at}; no step may change anything.',
      ja: '{by} が {at} に自動化を凍結しました。変更を伴う手順は実行できません。',
    },
    { en: 'Lift it with "hikeshi freeze off".', ja: '「hikeshi freeze off」で解除できます。' },
  ),
  'no-level-left': entry(
    'HK312',
    4,
    false,
    {
      en: 'Every escalation level has been called already.',
      ja: 'すべてのエスカレーション先に連絡済みです。',
    },
    { en: 'See "hikeshi timeline {incident}".', ja: '「hikeshi timeline {incident}」で確認してください。' },
  ),
  'not-permitted': entry(
    'HK313',
    4,
    false,
    { en: '{person} may not do this: {reason}', ja: '{person} には許可されていません: {reason}' },
    { en: 'Use a token that names you.', ja: '本人のトークンを使ってください。' },
  ),
  'steps-under-way': entry(
    'HK314',
    4,
    true,
    {
      en: 'Incident {incident} still has steps under way: {steps}.',
      ja: 'インシデント {incident} には実行中の手順があります: {steps}。',
    },
    {
      en: 'Wait for them to end: hikeshi watch {incident}',
      ja: '完了を待ってください: hikeshi watch {incident}',
    },
  ),

  // HK4xx: Kubernetes, an HTTP target or a channel said no.
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
  'database-refused': entry(
    'HK410',
    1,
    false,
    { en: '{connection} refused it: {reason}', ja: '{connection} に拒否されました: {reason}' },
    {
      en: 'Correct what the reason names; nothing was changed by this attempt.',
      ja: '理由に従って直してください。この試行では何も変更していません。',
    },
  ),
  'database-full': entry(
    'HK411',
    1,
    true,
    {
      en: 'All connections of {connection} are taken ({reason}).',
      ja: '{connection} の接続数が上限に達しています（{reason}）。',
    },
    {
      en: 'Terminate idle connections; a "reserved" role in the connections file gets in all the same.',
      ja: 'アイドル接続を切断してください。接続ファイルに "reserved" のロールがあれば、それでも接続できます。',
    },
  ),

  // HK5xx: nobody answers there.
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

  // HK6xx: it took too long.
  'no-answer': entry(
    'HK601',
    6,
    true,
    { en: 'unknown: no answer in {seconds} s', ja: '不明: {seconds} 秒以内に応答なし' },
    { en: 'Look at {where} by hand.', ja: '{where} を直接確認してください。' },
  ),
  'not-verified': entry(
    'HK602',
    6,
    true,
    {
      en: '{target} was not healthy within {seconds} s: {reason}',
      ja: '{target} は {seconds} 秒以内に正常になりませんでした: {reason}',
    },
    { en: 'Look at it by hand, or undo the step.', ja: '直接確認するか、手順を元に戻してください。' },
  ),
  'wait-timeout': entry(
    'HK603',
    6,
    true,
    { en: 'Still not finished after {seconds} s: {what}', ja: '{seconds} 秒後も未完了です: {what}' },
    {
      en: 'It goes on; watch it with "hikeshi watch {incident}".',
      ja: '処理は続いています。「hikeshi watch {incident}」で確認できます。',
    },
  ),

  // HK9xx: a defect of ours.
  internal: entry(
    'HK901',
    1,
    false,
    { en: 'Internal error in {where}: {reason}', ja: '内部エラー（{where}）: {reason}' },
    {
      en: 'An open incident goes on, and its timeline says so. Please report this with what it printed.',
      ja: '対応中のインシデントは継続し、タイムラインに記録されます。出力を添えて報告してください。',
    },
  ),
  'result-unknown': entry(
    'HK902',
    1,
    false,
    {
      en: 'It is not known whether "{step}" was done: {reason}',
      ja: '「{step}」が実行されたか不明です: {reason}',
    },
    {
      en: 'Look at {target} before you run it again; a repeat of the same run is safe.',
      ja: '再実行の前に {target} を確認してください。同じ実行の再試行は安全です。',
    },
  ),
} as const satisfies Record<string, Entry>

export type FailureName = keyof typeof failures

/** A failure as data: what crosses processes and stands in events. */
export type Failure = {
  readonly name: FailureName
  readonly code: string
  readonly params: Readonly<Record<string, string | number>>
}

/** Builds a failure of the list. What it quotes may come from anybody and will stand on terminals, so control characters go. */
export function failure(name: FailureName, params: Failure['params'] = {}): Failure {
  const plain = Object.entries(params).map(([key, value]): [string, string | number] => [
    key,
    typeof value === 'string' ? withoutControlCharacters(value) : value,
  ])
  return { name, code: failures[name].code, params: Object.fromEntries(plain) }
}

/** The two sentences of a failure: what happened and what to do next. */
export function explain(f: Failure, lang: Lang): { readonly what: string; readonly next: string } {
  const { what, next } = failures[f.name]
  return { what: fill(what[lang], f.params), next: fill(next[lang], f.params) }
}

function fill(template: string, params: Failure['params']): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? `{${name}}`))
}
