/** The verbs about backups. All but the first are steps of an incident, named by their kind instead of the runbook's word. */
import { type Command, Option } from 'commander'
import { idOf } from './arguments.ts'
import type { AddVerb, Say } from './verb.ts'

/** A restore takes hours; it continues when nobody waits any longer. */
const waitsFor = '24h'

export function addRestoreVerbs(program: Command, add: AddVerb, say: Say): void {
  const restore = program
    .command('restore')
    .description(say('look at backups, restore, check, cut over', 'バックアップの確認・復元・検証・切り替え'))
  const verbs = () => import('./verbs/restore.ts')
  const example = (c: Command, line: string) =>
    c.addHelpText('after', `\n${say('Example:', '例:')}\n  hikeshi ${line}`)
  const stepOption = (c: Command) =>
    c.option(
      '--step <step>',
      say('which one, if the runbook has several', '手順の名前（Runbook に複数ある場合）'),
    )
  const timelineOption = (c: Command) =>
    c.option(
      '--timeline <number>',
      say('which history, where the time lies on two', 'タイムライン（時点が 2 つの履歴にある場合）'),
    )
  const onIncident = (c: Command, own = same) =>
    stepOption(own(c.argument(...idOf(say))))
      .option('--wait', say('wait until it has finished', '終わるまで待つ'))
      .option('--timeout <duration>', say('give up after this long', '待つ時間の上限'), waitsFor)

  /** A verb that runs the step of its kind, as the runbook has it. */
  const ofKind = (parent: Command, verb: string, kind: string, description: string) => {
    const path = parent === program ? verb : `${parent.name()} ${verb}`
    add(
      parent,
      verb,
      description,
      (c) => example(onIncident(c), `${path} shodo-42 --wait`),
      async (s, [incident = ''], o) => (await verbs()).runOfKind(s, incident, kind, o),
    )
  }

  add(
    restore,
    'points',
    say('what there is to restore to, without an incident', '復元できる時点（インシデント不要）'),
    (c) =>
      example(
        stepOption(
          c
            .option('--service <name>', say('of one service', 'サービスで絞り込む'))
            .option('--runbook <name>', say('of one runbook', 'Runbook で絞り込む')),
        ).option(
          '--near <time>',
          say(
            'list the commits around this time, with its zone',
            'この時刻の前後のコミット（タイムゾーンも明記）',
          ),
        ),
        'restore points --near "2024-01-20 14:30:00 JST"',
      ),
    async (s, _, o) => (await import('./verbs/restore-points.ts')).restorePoints(s, o),
  )
  add(
    restore,
    'run',
    say(
      'restore a copy beside the live database, paused at a point in time',
      '稼働中のデータベースとは別にコピーを復元し、指定の時点で止める',
    ),
    (c) =>
      example(
        onIncident(c, (own) =>
          timelineOption(own)
            .option(
              '--timestamp <time>',
              say('point in time, with its zone', '復元する時点（タイムゾーンも明記）'),
            )
            .option('--latest', say('everything that the archive has', 'アーカイブの最後まで'))
            .option('--backup <label>', say('start from this backup', 'このバックアップから復元する'))
            .addOption(
              new Option(
                '--confirm <answer>',
                say(
                  'answer the question beforehand; never an approval',
                  '確認に先に答える。承認にはなりません',
                ),
              ).choices(['yes', 'no']),
            ),
        ),
        'restore run shodo-42 --timestamp "2024-01-20 14:30:00 JST"',
      ),
    async (s, [incident = ''], o) => (await verbs()).restoreRun(s, incident, o),
  )
  ofKind(
    restore,
    'cut-over',
    'postgres.cut-over',
    say('put the verified copy in the place of the live database', '検証済みのコピーに切り替える'),
  )
  add(
    restore,
    'bisect',
    say(
      'find the last commit at which a check of the data held, on copies',
      'データの検証に合格していた最後のコミットを、コピーで探す',
    ),
    (c) =>
      example(
        onIncident(c, (own) =>
          timelineOption(own)
            .option('--check <name>', say('a check of the step', '検証の名前'))
            .option(
              '--good <time>',
              say('it held then; with its zone', '合格していた時点（タイムゾーンも明記）'),
            )
            .option(
              '--bad <time>',
              say('it no longer held then; with its zone', '不合格だった時点（タイムゾーンも明記）'),
            ),
        ),
        'restore bisect shodo-42 --good "2024-01-20 09:00:00 JST" --wait',
      ),
    async (s, [incident = ''], o) => (await verbs()).bisect(s, incident, o),
  )
  add(
    restore,
    'salvage',
    say(
      'bring a lost table, or rows of it, from the verified copy into the live database',
      '失われたテーブルや行を、検証済みのコピーから稼働中のデータベースに戻す',
    ),
    (c) =>
      example(
        onIncident(c, (own) =>
          own
            .option('--table <table>', say('such as public.orders', 'public.orders など'))
            .option(
              '--where <condition...>',
              say(
                'only these rows: column, one of = < <= > >= between in "is null", values with commas',
                '対象の行: 列名、= < <= > >= between in "is null" のいずれか、値（カンマ区切り）',
              ),
            )
            .addOption(
              new Option('--into <place>', say('where the rows go', '戻す先')).choices([
                'missing-rows',
                'new-table',
              ]),
            ),
        ),
        'restore salvage shodo-42 --table public.orders --where "customer_id in 7,8"',
      ),
    async (s, [incident = ''], o) => (await verbs()).salvage(s, incident, o),
  )
  add(
    restore,
    'discard',
    say('discard the copy', 'コピーを破棄する'),
    (c) => example(onIncident(c), 'restore discard shodo-42'),
    async (s, [incident = ''], o) => (await verbs()).discard(s, incident, o),
  )
  ofKind(program, 'backup', 'postgres.backup', say('take a full backup', 'フルバックアップを取る'))
}

const same = (command: Command) => command
