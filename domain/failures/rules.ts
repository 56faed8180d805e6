import { entry } from './entry.ts'

/** HK3xx: understood, but a rule says no. */
export const ruleFailures = {
  'not-open': entry(
    'HK301',
    4,
    false,
    {
      en: 'Incident {incident} is {phase}; "{command}" is no longer possible.',
      ja: 'インシデント {incident} は「{phase}」のため、「{command}」はできません。',
    },
    {
      en: 'If it is resolved, reopen it with "hikeshi reopen {incident}" and a "reason". If it is closed, declare a new incident.',
      ja: '復旧済みなら、「reason」（理由）を付けて「hikeshi reopen {incident}」で再開できます。終了後は新しく宣言してください。',
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
      en: '{person} requested step "{step}" and cannot approve it.',
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
      en: '{person} has already approved step "{step}"; it still needs {missing} more approval(s) from other people.',
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
      en: 'Step "{step}" has changed since you saw it: you approve {given}, it is now {actual}.',
      ja: '手順「{step}」は表示時から変わっています（指定 {given}、現在 {actual}）。',
    },
    {
      en: 'Review it with "hikeshi show {incident}" and approve what it is now.',
      ja: '「hikeshi show {incident}」で見直してから承認してください。',
    },
  ),
  'step-not-waiting': entry(
    'HK308',
    4,
    false,
    {
      en: 'Step "{step}" has the status "{status}"; it is not waiting for "{command}".',
      ja: '手順「{step}」の状態は「{status}」で、「{command}」待ちではありません。',
    },
    { en: 'See "hikeshi show {incident}".', ja: '「hikeshi show {incident}」で確認してください。' },
  ),
  'step-busy': entry(
    'HK309',
    4,
    true,
    {
      en: 'Step "{step}" is already under way ({status}).',
      ja: '手順「{step}」はすでに進行中です（{status}）。',
    },
    {
      en: 'See hikeshi show {incident} {step}. If it waits for approval: hikeshi approve {incident} {step}',
      ja: '確認: hikeshi show {incident} {step}（承認待ちの場合は hikeshi approve {incident} {step}）',
    },
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
      en: '{by} froze all automation at {at}; no step may change anything.',
      ja: '{by} が {at} に自動化を凍結しました。変更を伴う手順は実行できません。',
    },
    { en: 'Lift the freeze with "hikeshi freeze off".', ja: '「hikeshi freeze off」で解除できます。' },
  ),
  'no-level-left': entry(
    'HK312',
    4,
    false,
    {
      en: 'Every escalation level has already been called.',
      ja: 'すべてのエスカレーション先に連絡済みです。',
    },
    {
      en: 'To call one again, name it ({known}): hikeshi escalate {incident} LEVEL',
      ja: '再度呼び出すには名前を指定してください（{known}）: hikeshi escalate {incident} LEVEL',
    },
  ),
  'not-permitted': entry(
    'HK313',
    4,
    false,
    { en: '{person} may not do this: {reason}', ja: '{person} には許可されていません: {reason}' },
    {
      en: 'Use a token that allows it (docs/api.md), or ask somebody who may.',
      ja: 'この操作を許可するトークン（docs/api.md）を使うか、権限のある人に依頼してください。',
    },
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
      en: 'Wait for them to finish: hikeshi watch {incident}',
      ja: '完了を待ってください: hikeshi watch {incident}',
    },
  ),
  'too-many-steps': entry(
    'HK315',
    4,
    false,
    {
      en: 'Incident {incident} has already run {limit} steps; it accepts no more.',
      ja: 'インシデント {incident} の手順は既に {limit} 回に達しています。',
    },
    {
      en: 'Declare the rest as a new incident and close this one.',
      ja: '続きは新しいインシデントとして宣言し、このインシデントを終了してください。',
    },
  ),
  'afterwards-open': entry(
    'HK316',
    4,
    false,
    {
      en: 'Incident {incident} cannot be closed yet. Still to do: {items}.',
      ja: 'インシデント {incident} はまだ終了できません。未完了: {items}。',
    },
    {
      en: 'Tick them one by one with "hikeshi check {incident} ITEM"; or close now, with "later" to tick them within 30 days or with "waive" and the reason why they are left undone.',
      ja: '「hikeshi check {incident} 項目」で 1 つずつ完了にしてください。今すぐ終了することもできます。30 日以内に完了にするなら「later」を、実施しないなら「waive」に理由を指定してください。',
    },
  ),
  'nothing-to-verify': entry(
    'HK317',
    4,
    false,
    {
      en: 'Step "{step}" cannot be verified again: {reason}',
      ja: '手順「{step}」の反映は再確認できません: {reason}',
    },
    {
      en: 'See "hikeshi timeline {incident}" for what it did, and "hikeshi situation {incident}" for the current picture.',
      ja: '実施内容は「hikeshi timeline {incident}」、現状は「hikeshi situation {incident}」で確認してください。',
    },
  ),
  'steps-too-large': entry(
    'HK318',
    4,
    false,
    {
      en: 'The steps of incident {incident} have reached {limit} KB; it accepts no more.',
      ja: 'インシデント {incident} の手順の情報が {limit} KB に達しています。これ以上の手順は受け付けません。',
    },
    {
      en: 'Declare the rest as a new incident and close this one.',
      ja: '続きは新しいインシデントとして宣言し、このインシデントを終了してください。',
    },
  ),
  'parameter-published': entry(
    'HK320',
    4,
    false,
    {
      en: 'Step "{step}" runs as the runbook says; "{name}" cannot be given by hand.',
      ja: '手順「{step}」は Runbook のとおりに実行されます。「{name}」は手動では指定できません。',
    },
    {
      en: 'Run it without "{name}", or change and publish the runbook.',
      ja: '「{name}」なしで実行するか、Runbook を変更して公開してください。',
    },
  ),
  'unverified-choice': entry(
    'HK321',
    4,
    false,
    {
      en: 'Step "{step}": {person} is not verified and cannot choose "{name}".',
      ja: '手順「{step}」: 本人確認のない {person} は「{name}」を指定できません。',
    },
    {
      en: 'Run it without "{name}", or through the API with a personal token (which then needs one more approval).',
      ja: '「{name}」なしで実行するか、個人トークンを使って API から実行してください（その場合、承認が 1 人多く必要です）。',
    },
  ),
  'run-not-named': entry(
    'HK322',
    4,
    false,
    {
      en: 'Step "{step}" has run before in this incident; the one waiting now is {run}.',
      ja: '手順「{step}」はこのインシデントで実行済みです。現在の対象は {run} です。',
    },
    {
      en: 'Look at it with "hikeshi show {incident} {run}", then name it: hikeshi approve {incident} {run}',
      ja: '「hikeshi show {incident} {run}」で確認し、名前を指定してください: hikeshi approve {incident} {run}',
    },
  ),
  'look-first': entry(
    'HK323',
    4,
    false,
    {
      en: 'Nothing was approved: step "{step}" was shown, but there is no terminal to confirm on.',
      ja: '承認していません。手順「{step}」を表示しましたが、確認を入力する端末がありません。',
    },
    {
      en: 'Approve what you saw by its hash: hikeshi approve {incident} {step} --hash {hash}',
      ja: '表示内容をハッシュで指定して承認してください: hikeshi approve {incident} {step} --hash {hash}',
    },
  ),
  'shown-differs': entry(
    'HK324',
    4,
    false,
    {
      en: 'Step "{step}" of {incident} does not match the hash of what is shown; the API will not sign an approval.',
      ja: '{incident} の手順「{step}」は表示内容とハッシュが一致しません。API は承認に署名しません。',
    },
    {
      en: "Run nothing in this incident: somebody is writing to Temporal behind hikeshi's back. See SECURITY.md.",
      ja: 'このインシデントの手順は実行しないでください。hikeshi を介さず Temporal に書き込まれています（SECURITY.md 参照）。',
    },
  ),
  'not-confirmed': entry(
    'HK326',
    4,
    false,
    { en: 'Step "{step}" was not approved.', ja: '手順「{step}」は承認していません。' },
    {
      en: 'Approve it again and answer y, or reject it with a reason.',
      ja: '承認する場合は y と答えてください。不要な場合は理由を付けて却下してください。',
    },
  ),
  'request-not-confirmed': entry(
    'HK327',
    4,
    false,
    { en: 'Step "{step}" was not requested.', ja: '手順「{step}」は依頼していません。' },
    {
      en: 'Check the point in time with "hikeshi restore points", then request it again and answer y.',
      ja: '「hikeshi restore points」で時点を確認し、もう一度依頼して y と答えてください。',
    },
  ),
  'alert-in-doubt': entry(
    'HK330',
    4,
    true,
    {
      en: 'This message says the alerts are firing, but they ended moments ago; it may have arrived late.',
      ja: '発火中と通知されたアラートは、直前に解消済みです。遅れて届いた通知の可能性があります。',
    },
    {
      en: 'If they are still firing, send it again; it is accepted one minute after they ended.',
      ja: 'まだ発火中なら再送してください。解消から 1 分後以降は受け付けます。',
    },
  ),
  'verified-only': entry(
    'HK331',
    4,
    false,
    {
      en: '{person} is not verified and cannot overrule {by} ("{command}").',
      ja: '本人確認のない {person} は {by} の決定を変更できません（「{command}」）。',
    },
    {
      en: 'Do it through the API with a personal token.',
      ja: '個人トークンを使って API から実行してください。',
    },
  ),
  'step-held': entry(
    'HK333',
    4,
    false,
    {
      en: 'Step "{step}" comes after {words}.',
      ja: '手順「{step}」は {words} の後に実行します。',
    },
    {
      en: 'Finish {first} first: hikeshi run {incident} {first}; if it is for people: hikeshi done {incident} {first}; if it is a decision: hikeshi decide {incident} {first}/OPTION, and to decide again: hikeshi retry {incident} {first}. To go on without it: hikeshi skip {incident} {first}. To decide and to skip, give a "reason".',
      ja: '先に {first} を完了してください: hikeshi run {incident} {first}（人による手順は hikeshi done {incident} {first}、判断は hikeshi decide {incident} {first}/OPTION、判断のやり直しは hikeshi retry {incident} {first}）。省略するには: hikeshi skip {incident} {first}。decide と skip には「reason」（理由）が必要です。',
    },
  ),
  'other-verb': entry(
    'HK334',
    4,
    false,
    {
      en: 'Step "{step}" is not for "{command}".',
      ja: '手順「{step}」に「{command}」は使えません。',
    },
    {
      en: 'Use: hikeshi {right} {incident} {step}',
      ja: '実行するコマンド: hikeshi {right} {incident} {step}',
    },
  ),
  'commander-only': entry(
    'HK335',
    4,
    false,
    {
      en: '{person} cannot close {incident} with required items open: {commander} is the commander.',
      ja: '必須項目を残した {incident} の終了は、指揮者の {commander} だけができます（{person} は不可）。',
    },
    {
      en: 'Tick the items with "hikeshi check", or ask {commander} to close it.',
      ja: '「hikeshi check」で項目を完了にするか、{commander} に終了を依頼してください。',
    },
  ),
  'key-used': entry(
    'HK332',
    4,
    false,
    {
      en: 'This Idempotency-Key was used for another request.',
      ja: 'この Idempotency-Key は別の要求で使用済みです。',
    },
    {
      en: 'Use a new key; nothing was done.',
      ja: '新しいキーを使ってください。何も実行されていません。',
    },
  ),
  'rehearsal-yielded': entry(
    'HK336',
    4,
    false,
    {
      en: 'The scheduled rehearsal of {runbook} gave way to the incident {incident}.',
      ja: '{runbook} の定期リハーサルはインシデント {incident} のため実行しませんでした。',
    },
    {
      en: 'The next one comes by itself. To rehearse now: hikeshi rehearse {runbook}',
      ja: '次回は自動で実行されます。今すぐ実行するには: hikeshi rehearse {runbook}',
    },
  ),
} as const
