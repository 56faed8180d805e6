import { beforeAnything, entry } from './entry.ts'

/** HK1xx: what was sent cannot be understood. */
export const inputFailures = {
  'bad-input': entry(
    'HK101',
    2,
    false,
    { en: '{where}: {problem}', ja: '{where}: {problem}' },
    { en: 'Correct this and try again.', ja: '誤りを直してもう一度実行してください。' },
    beforeAnything,
  ),
  'unknown-command-version': entry(
    'HK102',
    2,
    false,
    {
      en: 'The command "{command}" has version {version}; this hikeshi understands version 1.',
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
      en: 'Run "hikeshi runbook check FILE" and fix them; nothing was published.',
      ja: '「hikeshi runbook check FILE」で確認して直してください。何も公開されていません。',
    },
  ),
  'text-too-long': entry(
    'HK105',
    2,
    false,
    {
      en: '{where} has {length} characters; the limit is {limit}.',
      ja: '{where} は {length} 文字です（上限 {limit} 文字）。',
    },
    {
      en: 'Shorten it, or attach the full text as evidence.',
      ja: '短くするか、長い文章は証跡として添付してください。',
    },
  ),
  'half-settings': entry(
    'HK106',
    2,
    false,
    { en: '{set} is set, but {missing} is not.', ja: '{set} が設定されていますが、{missing} がありません。' },
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
      en: '"--as {person}" is not allowed: the token in HIKESHI_API_TOKEN decides who you are.',
      ja: '「--as {person}」は指定できません。操作する人は HIKESHI_API_TOKEN のトークンで決まります。',
    },
    {
      en: "Drop the option, or use that person's own token.",
      ja: '指定を外すか、本人のトークンを使ってください。',
    },
  ),
  'moment-past': entry(
    'HK108',
    2,
    false,
    { en: '{what}: {at} is in the past.', ja: '{what}: {at} はすでに過ぎています。' },
    {
      en: 'Give a time in the future, such as +45m.',
      ja: '「+45m」のように、これからの時刻を指定してください。',
    },
  ),
  'not-a-file': entry(
    'HK109',
    2,
    false,
    { en: '{file} cannot be read: {reason}', ja: '{file} を読み取れません: {reason}' },
    {
      en: 'Check the name and the read permission.',
      ja: '名前と読み取り権限を確認してください。',
    },
  ),
  'node-too-old': entry(
    'HK110',
    2,
    false,
    {
      en: 'hikeshi needs Node {needed} or newer; this is {found}.',
      ja: 'hikeshi には Node {needed} 以降が必要です（現在は {found}）。',
    },
    {
      en: 'Install a newer Node (https://nodejs.org), or use the container image.',
      ja: '新しい Node（https://nodejs.org）をインストールするか、コンテナイメージを使ってください。',
    },
  ),
  'unclear-time': entry(
    'HK111',
    2,
    false,
    { en: '"{text}" is not an exact time: {problem}', ja: '「{text}」は時刻として確定できません: {problem}' },
    { en: 'Write it as {write}.', ja: '{write}の形で書いてください。' },
    beforeAnything,
  ),
  'confirm-first': entry(
    'HK112',
    2,
    false,
    {
      en: 'Nothing was requested: "{step}" was not confirmed, and there is no terminal to confirm on.',
      ja: '依頼していません。手順「{step}」の確認がなく、確認を入力する端末もありません。',
    },
    {
      en: 'Add --confirm=yes. It confirms your own request and is never an approval.',
      ja: '--confirm=yes を付けてください。これは依頼の確認で、承認にはなりません。',
    },
  ),
  'no-shell-recorder': entry(
    'HK113',
    2,
    false,
    { en: 'A shell cannot be recorded: {reason}.', ja: 'シェルは記録できません: {reason}。' },
    {
      en: 'Record single commands: hikeshi record {incident} -- COMMAND',
      ja: 'コマンドごとに記録してください: hikeshi record {incident} -- コマンド',
    },
  ),
  'command-not-started': entry(
    'HK114',
    2,
    false,
    { en: '"{command}" cannot be started: {reason}', ja: '「{command}」を起動できません: {reason}' },
    {
      en: 'Check its name and your PATH. A command of the shell itself needs one: sh -c "…". Nothing was recorded.',
      ja: '名前と PATH を確認してください。シェルの構文を使うには sh -c "…" とします。何も記録していません。',
    },
  ),
} as const
