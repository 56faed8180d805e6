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
      en: 'See "hikeshi --help" and docs/api.md.',
      ja: '「hikeshi --help」と docs/api.md を参照してください。',
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
} as const
