/** The verbs of an incident: how it begins, what is seen of it, how it ends. */
import { type Command, Option } from 'commander'
import { present } from '../../../domain/present.ts'
import { impacts, phases, severities } from '../../../domain/words.ts'
import { idOf, upper } from './arguments.ts'
import { type AddVerb, type Say, textOf } from './verb.ts'

export function addIncidentVerbs(program: Command, add: AddVerb, say: Say): void {
  const id = idOf(say)
  add(
    program,
    'declare',
    say('declare an incident', 'インシデントを宣言する'),
    (c) =>
      c
        .requiredOption(
          '--service <name>',
          say(
            'affected service: backend, or shodo/backend',
            '影響を受けているサービス（backend、shodo/backend など）',
          ),
        )
        .addOption(
          new Option('--severity <severity>', say('how bad it is', '緊急度'))
            .choices(severities)
            .argParser(upper)
            .makeOptionMandatory(),
        )
        .requiredOption(
          '--description <text>',
          say('what is wrong, in a sentence', '何が起きているか（一文）'),
        )
        .option('--symptom <name>', say('symptom of the runbook', 'Runbook の症状'))
        .option(
          '--data-loss',
          say(
            'data may be lost; calls every level that has it in atOnce',
            'データ損失のおそれ。atOnce に data-loss がある段階をすぐに呼び出す',
          ),
        )
        .option(
          '--breach',
          say(
            'a breach is suspected; calls every level that has it in atOnce',
            '侵害の疑い。atOnce に breach がある段階をすぐに呼び出す',
          ),
        )
        .addOption(new Option('--impact <impact>', say('how far it reaches', '影響範囲')).choices(impacts))
        .option(
          '--new',
          say(
            'open a new incident even if one about the same problem is open',
            '同じ内容のインシデントがあっても新しく開く',
          ),
        )
        .option(
          '--key <key>',
          say(
            'names this report: the same key is the same report',
            'この報告のキー。同じキーは同じ報告とみなす',
          ),
        ),
    async (s, _, o) => (await import('./verbs/declare.ts')).declare(s, o),
  )
  add(
    program,
    'list',
    say('open incidents', '対応中のインシデント一覧'),
    (c) =>
      c
        .option('-a, --all', say('include incidents that are over', '終わったものも含める'))
        .option('--service <name>', say('of one service', 'サービスで絞り込む'))
        .addOption(new Option('--phase <phase>', say('in one phase', 'フェーズで絞り込む')).choices(phases)),
    async (s, _, o) => (await import('./verbs/list.ts')).list(s, o),
  )
  add(
    program,
    'show',
    say('an incident as it is now', 'インシデントの現在の状態'),
    (c) =>
      c
        .argument(...id)
        .argument(
          '[step]',
          say('one of its steps: what it read and how it ended', '手順の詳細（読み取った内容と結果）'),
        ),
    async (s, [incident = '', step]) =>
      step === undefined
        ? (await import('./verbs/show.ts')).show(s, incident)
        : (await import('./verbs/show-step.ts')).showStep(s, incident, step),
  )
  add(
    program,
    'watch',
    say(
      'follow an incident live, until it is over; without one, how services stand and which incidents are open',
      'インシデントの経過を追う。指定がなければ、サービスの状態と対応中のインシデントを表示し続ける',
    ),
    (c) =>
      c
        .argument(
          '[incident]',
          say(
            'an incident such as shodo-42, a runbook, or a service such as shodo/backend (default: every runbook)',
            'shodo-42 などのインシデント、Runbook、または shodo/backend などのサービス。既定はすべての Runbook',
          ),
        )
        .option(
          '--from <seq>',
          say(
            'of an incident: start at this event (default: new events only)',
            'インシデントの場合: このイベントから表示する。既定は今後のイベントのみ',
          ),
        )
        .option(
          '--every <duration>',
          say('of services: look this often (default: 5s)', 'サービスの場合: 確認の間隔。既定は 5s'),
        )
        .option(
          '--times <number>',
          say('of services: end after so many snapshots', 'サービスの場合: この回数だけ表示して終了する'),
        ),
    async (s, [what], o) => (await import('./verbs/watch.ts')).watch(s, what, o),
  )
  add(
    program,
    'situation',
    say('take a new 5-second picture', '5秒で状況把握'),
    (c) =>
      c
        .argument('[incident]', say('every open incident if omitted', '省略すると対応中のすべて'))
        .option('--service <name>', say('of one service', 'サービスで絞り込む')),
    async (s, [incident], o) => (await import('./verbs/situation.ts')).situation(s, incident, o),
  )
  add(
    program,
    'diagnose',
    say('look at a service now and rank the likely causes', 'サービスを診断する'),
    (c) => c.argument('<service>', say('such as backend, or shodo/backend', 'backend、shodo/backend など')),
    async (s, [service = '']) => (await import('./verbs/diagnose.ts')).diagnose(s, service),
  )
  add(
    program,
    'read',
    say(
      'have a reading step of a runbook read now, without an incident; exit code 1 if a smoke test or a check of the data failed',
      'Runbook の読み取り手順を今すぐ実行する（インシデント不要）。スモークテストやデータ検証に合格しなければ終了コード 1',
    ),
    (c) =>
      c
        .argument(
          '<step>',
          say('its name, or its kind such as http.healthy', '手順の名前、または http.healthy などの種類'),
        )
        .option('--service <name>', say('of one service', 'サービスで絞り込む'))
        .option('--runbook <name>', say('of one runbook', 'Runbook で絞り込む'))
        .option(
          '--step <step>',
          say('which one, if there are several of the kind', '手順の名前（同じ種類が複数ある場合）'),
        ),
    async (s, [step = ''], o) => (await import('./verbs/read.ts')).read(s, step, o),
  )
  add(
    program,
    'timeline',
    say('everything that happened, in order', 'タイムライン'),
    (c) => c.argument(...id),
    async (s, [incident = '']) => (await import('./verbs/timeline.ts')).timeline(s, incident),
  )
  add(
    program,
    'report',
    say('the incident report, ready to send', '【インシデント報告】を作成する'),
    (c) => c.argument(...id),
    async (s, [incident = '']) => (await import('./verbs/report.ts')).printReport(s, incident),
  )
}

export function addEndVerbs(program: Command, add: AddVerb, say: Say): void {
  const id = idOf(say)
  const withReason = (verb: 'reopen' | 'cancel', description: string) =>
    add(
      program,
      verb,
      description,
      (c) => c.argument(...id).requiredOption('--reason <text>', say('why', '理由')),
      async (s, [incident = ''], o) =>
        (await import('./verbs/tell.ts')).tell(s, incident, { type: verb, reason: String(o.reason) }),
    )
  add(
    program,
    'resolve',
    say('the service has recovered', '復旧を宣言する'),
    (c) => c.argument(...id),
    async (s, [incident = '']) => (await import('./verbs/tell.ts')).tell(s, incident, { type: 'resolve' }),
  )
  withReason('reopen', say('it is not over yet', '再開する'))
  add(
    program,
    'close',
    say('close the incident', '終了する'),
    (c) =>
      c
        .argument(...id)
        .option(
          '--waive <reason>',
          say(
            'why items of the last checklist are left undone',
            '最後のチェックリストに残りがあるまま終了する理由',
          ),
        )
        .option(
          '--later',
          say(
            'leave the rest to be ticked after closing, within 30 days',
            '残りは終了後 30 日以内にチェックする',
          ),
        ),
    async (s, [incident = ''], { waive, later }) =>
      (await import('./verbs/tell.ts')).tell(s, incident, {
        type: 'close',
        ...present({ waive: textOf(waive), later: later === true ? later : undefined }),
      }),
  )
  withReason('cancel', say('it was a false alarm', '取り消す'))
}
