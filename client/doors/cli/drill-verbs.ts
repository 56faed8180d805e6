/** The verbs that try things before they are needed: backups, and the steps of a runbook. */
import type { Command } from 'commander'
import type { AddVerb, Say } from './verb.ts'

export function addDrillVerbs(program: Command, add: AddVerb, say: Say): void {
  add(
    program,
    'rehearse',
    say(
      'try every step of a runbook as far as it changes nothing (docs/drills.md); exit code 0 none failed, 1 some',
      'Runbook の全手順を、何も変更しない範囲で試す（docs/drills.md。終了コード: 0 失敗なし、1 あり）',
    ),
    (c) =>
      c
        .argument(
          '[runbook]',
          say('such as shodo (default: the only one)', 'shodo など。既定は公開中のただ 1 つ'),
        )
        .option(
          '--every <times>',
          say(
            'have it come by itself: night, week, or times such as "0 3 * * *"',
            '定期的に実行する: night、week、または "0 3 * * *" など',
          ),
        )
        .option(
          '--zone <zone>',
          say("zone of these times (default: the runbook's)", 'タイムゾーン。既定は Runbook のもの'),
        )
        .option('--off', say('no longer', '予定を取り消す'))
        .option('--last', say('show what the last one found', '前回の結果を表示する'))
        .option('--timeout <duration>', say('give up after this long', '待つ時間の上限'), '30m'),
    async (s, [runbook], o) => (await import('./verbs/rehearse.ts')).rehearse(s, runbook, o),
  )
  const drill = program
    .command('drill')
    .description(say('prove that backups can be restored', 'バックアップから復元できることを実証する'))
  const drills = () => import('./verbs/drill.ts')
  const runbookOf = (c: Command) => c.argument('<runbook>', say('such as shodo', 'shodo など'))
  add(
    drill,
    'restore',
    say(
      'restore a copy from a random moment, check it, read every file of the repository, remove the copy',
      '任意の時点のコピーを復元して検証し、リポジトリの全ファイルを読み取ってからコピーを削除する',
    ),
    (c) =>
      c
        .option('--service <name>', say('the runbook of this service', 'サービスの Runbook'))
        .option(
          '--runbook <name>',
          say('the runbook (default: the only one)', 'Runbook。既定は公開中のただ 1 つ'),
        )
        .option('--wait', say('wait until it has finished', '終わるまで待つ'))
        .option('--timeout <duration>', say('give up after this long', '待つ時間の上限'), '6h'),
    async (s, _, o) => (await drills()).drillRestore(s, o),
  )
  add(
    drill,
    'schedule',
    say(
      'drill at certain times; a failed drill opens an incident',
      '定期的に訓練する（失敗するとインシデントを開く）',
    ),
    (c) =>
      runbookOf(c)
        .option('--cron <times>', say('such as "0 3 * * 0"', '"0 3 * * 0" など'))
        .option(
          '--zone <zone>',
          say("zone of these times (default: the runbook's)", 'タイムゾーン。既定は Runbook のもの'),
        )
        .option('--off', say('no longer', '予定を取り消す')),
    async (s, [runbook = ''], o) => (await drills()).drillSchedule(s, runbook, o),
  )
  add(
    drill,
    'list',
    say('what the last drills found', '最近の訓練の結果'),
    runbookOf,
    async (s, [runbook = '']) => (await drills()).drillList(s, runbook),
  )
}
