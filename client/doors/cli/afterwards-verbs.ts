/** The verbs for what is left to learn when an incident is over. */
import { type Command, Option } from 'commander'
import { groupings } from '../../../domain/figures/stats.ts'
import type { AddVerb, Say } from './verb.ts'

export function addAfterwards(program: Command, add: AddVerb, say: Say): void {
  add(
    program,
    'postmortem',
    say(
      'write the post-mortem, each sentence with its events',
      'ポストモーテムを作成する（各文に根拠のイベントを付ける）',
    ),
    (c) =>
      c
        .argument(
          '<id|folder>',
          say('such as shodo-42, or a folder with its archived runs', 'shodo-42 など、または保管フォルダー'),
        )
        .addOption(
          new Option('--format <format>', say('Markdown, or one HTML page', 'Markdown または 1 つの HTML'))
            .choices(['md', 'html'])
            .default('md'),
        )
        .option(
          '--output <path>',
          say(
            'file or folder to write to; what people wrote there stays',
            '保存先のファイルまたはフォルダー。人が書いた部分は残る',
          ),
        ),
    async (s, [what = ''], o) => (await import('./verbs/postmortem.ts')).postmortemVerb(s, what, o),
  )
  add(
    program,
    'stats',
    say(
      'how long incidents take, who is woken, which steps heal',
      '対応時間・呼び出し・手順の効果を集計する',
    ),
    (c) =>
      c
        .option(
          '--since <time>',
          say(
            'declared since: 90d ago, or a time with its offset',
            'これ以降の宣言。90d など、または時差付きの時刻',
          ),
        )
        .option('--until <time>', say('declared before', 'これより前の宣言'))
        .addOption(
          new Option('--by <group>', say('one row for each', '集計の単位'))
            .choices(groupings)
            .default('service'),
        )
        .addOption(
          new Option('-o, --output <format>', say('how answers are printed', '出力形式'))
            .choices(['table', 'json', 'yaml', 'csv', 'svg'])
            .default('table'),
        ),
    async (s, _, o) => (await import('./verbs/stats.ts')).stats(s, o),
  )
}
