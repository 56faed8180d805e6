import { entry } from './entry.ts'

/** HK1xx: what was sent cannot be understood. */
export const inputFailures = {
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
    // Without their list: what is recorded with this must stay the same when there are more.
    {
      en: 'See "hikeshi help" and docs/api.md.',
      ja: '「hikeshi help」と docs/api.md を参照してください。',
    },
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
  'half-settings': entry(
    'HK106',
    2,
    false,
    { en: '{set} is set, and {missing} is not.', ja: '{set} が設定されていますが、{missing} がありません。' },
    {
      en: 'Set both to act as a verified person through the API, or neither to go straight to Temporal.',
      ja: '本人確認付きで API を使う場合は両方を、Temporal に直接つなぐ場合はどちらも設定しないでください。',
    },
  ),
  'as-with-token': entry(
    'HK107',
    2,
    false,
    {
      en: '"--as {person}" cannot be given: the token of HIKESHI_API_TOKEN says who acts.',
      ja: '「--as {person}」は指定できません。操作する人は HIKESHI_API_TOKEN のトークンで決まります。',
    },
    {
      en: "Leave it away, or use that person's own token.",
      ja: '指定を外すか、本人のトークンを使ってください。',
    },
  ),
  'moment-past': entry(
    'HK108',
    2,
    false,
    { en: '{what}: {at} is over already.', ja: '{what}: {at} はすでに過ぎています。' },
    { en: 'Give a time to come, such as +45m.', ja: '「+45m」のように、これからの時刻を指定してください。' },
  ),
  'not-a-file': entry(
    'HK109',
    2,
    false,
    { en: '{file} cannot be read: {reason}', ja: '{file} を読み取れません: {reason}' },
    {
      en: 'Check the name, and whether it may be read.',
      ja: '名前と読み取り権限を確認してください。',
    },
  ),
} as const
