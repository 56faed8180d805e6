import { entry } from './entry.ts'

/** HK3xx: understood, but a rule says no. */
export const ruleFailures = {
  'not-open': entry(
    'HK301',
    4,
    false,
    {
      en: 'Incident {incident} is {phase}; "{command}" is not possible any more.',
      ja: 'インシデント {incident} は「{phase}」のため、「{command}」はできません。',
    },
    {
      en: 'While it is resolved, "hikeshi reopen {incident}" opens it again, with a reason; once it is closed, declare a new incident.',
      ja: '復旧済みなら、理由を添えて「hikeshi reopen {incident}」で再開できます。終了後は新しく宣言してください。',
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
    {
      en: 'Step "{step}" is already under way ({status}).',
      ja: '手順「{step}」はすでに進行中です（{status}）。',
    },
    {
      en: 'Look at it: hikeshi show {incident} {step}. What is proposed starts with hikeshi approve {incident} {step}',
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
    {
      en: 'Name the one to call again ({known}): hikeshi escalate {incident} LEVEL',
      ja: '再度呼び出すには名前を指定してください（{known}）: hikeshi escalate {incident} LEVEL',
    },
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
  'too-many-steps': entry(
    'HK315',
    4,
    false,
    {
      en: 'Incident {incident} has run {limit} steps already; no further one is taken.',
      ja: 'インシデント {incident} の手順は既に {limit} 回に達しています。',
    },
    {
      en: 'Declare what goes on as a new incident, and close this one.',
      ja: '続きは新しいインシデントとして宣言し、このインシデントを終了してください。',
    },
  ),
  'afterwards-open': entry(
    'HK316',
    4,
    false,
    {
      en: 'Incident {incident} cannot be closed yet, there is left to do: {items}.',
      ja: 'インシデント {incident} はまだ終了できません。未完了: {items}。',
    },
    {
      en: 'Tick them one by one with "hikeshi check {incident} ITEM"; or close it for them to be ticked later, or waive them with a reason.',
      ja: '「hikeshi check {incident} 項目」で 1 つずつ完了にしてください。終了後にチェックするものとして（later）、または理由を付けて実施せずに（waive）終了することもできます。',
    },
  ),
  'nothing-to-verify': entry(
    'HK317',
    4,
    false,
    {
      en: 'Whether step "{step}" took effect cannot be looked at again: {reason}',
      ja: '手順「{step}」の反映は再確認できません: {reason}',
    },
    {
      en: 'See "hikeshi timeline {incident}" for what it did, and "hikeshi situation {incident}" for what is there now.',
      ja: '実施内容は「hikeshi timeline {incident}」、現状は「hikeshi situation {incident}」で確認してください。',
    },
  ),
  'steps-too-large': entry(
    'HK318',
    4,
    false,
    {
      en: 'What incident {incident} keeps of its steps has grown to {limit} KB; no further one is taken.',
      ja: 'インシデント {incident} が保持する手順の情報は {limit} KB に達しています。これ以上の手順は受け付けません。',
    },
    {
      en: 'Declare what goes on as a new incident, and close this one.',
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
      en: 'Run it without "{name}", or have the runbook changed and published.',
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
      en: 'Run it without "{name}", or through the API with a personal token; one more approval is needed then.',
      ja: '「{name}」なしで実行するか、個人トークンを使って API から実行してください（その場合、承認が 1 人多く必要です）。',
    },
  ),
  'run-not-named': entry(
    'HK322',
    4,
    false,
    {
      en: 'Step "{step}" has run before in this incident; what waits now is {run}.',
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
      en: 'Nothing was approved: step "{step}" was shown, and nobody is there to say yes to it.',
      ja: '承認していません。手順「{step}」を表示しましたが、確認の入力ができません。',
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
      en: 'Step "{step}" of {incident} does not have the hash of what is shown; the API signs no approval of it.',
      ja: '{incident} の手順「{step}」は表示内容とハッシュが一致しません。API は承認に署名しません。',
    },
    {
      en: 'Run nothing of this incident: somebody writes to Temporal past hikeshi. See SECURITY.md.',
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
  'alert-in-doubt': entry(
    'HK330',
    4,
    true,
    {
      en: 'These alerts are said to fire, and ended a moment ago: the message may have been overtaken.',
      ja: '発火中とされたアラートは直前に解消済みです。古い通知の可能性があります。',
    },
    {
      en: 'Send it again if they still fire; it counts from one minute after their end on.',
      ja: 'まだ発火中なら再送してください。解消から 1 分後以降は受け付けます。',
    },
  ),
  'verified-only': entry(
    'HK331',
    4,
    false,
    {
      en: '{person} is not verified and cannot take back what {by} decided ("{command}").',
      ja: '本人確認のない {person} は {by} の決定を変更できません（「{command}」）。',
    },
    {
      en: 'Do it through the API with a personal token.',
      ja: '個人トークンを使って API から実行してください。',
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
      en: 'Take a new key; nothing was done.',
      ja: '新しいキーを使ってください。何も実行されていません。',
    },
  ),
} as const
