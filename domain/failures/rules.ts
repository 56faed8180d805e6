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
  'too-many-steps': entry(
    'HK315',
    4,
    false,
    {
      en: 'Incident {incident} has run {limit} steps already; no further one is taken.',
      ja: 'インシデント {incident} の手順は既に {limit} 回に達しています。',
    },
    {
      en: 'Declare what goes on as a new incident (declare --new), and close this one.',
      ja: '続きは新しいインシデントとして宣言し（declare --new）、このインシデントを終了してください。',
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
} as const
