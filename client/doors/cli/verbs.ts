/** Every verb of the contract (design.md) with its words; the work is in verbs/. */

import { type Command, InvalidArgumentError, Option } from 'commander'
import { expects } from '../../../domain/expected.ts'
import { nearest } from '../../../domain/nearest.ts'
import { present } from '../../../domain/present.ts'
import { impacts, phases, severities } from '../../../domain/words.ts'
import { addAfterwards } from './afterwards-verbs.ts'
import { addEvidenceVerbs } from './evidence-verbs.ts'
import { addRestoreVerbs } from './restore-verbs.ts'
import { addSystemVerbs, collect } from './system-verbs.ts'
import { type AddVerb, type Say, textOf } from './verb.ts'

const stepOf = (say: Say) => ['<step>', say('such as rollback', 'rollback など')] as const
const idOf = (say: Say) =>
  [
    '<incident>',
    say('such as shodo-42; open is the only open one', 'shodo-42 など。open は対応中の唯一のもの'),
  ] as const

export function addVerbs(program: Command, add: AddVerb, say: Say): void {
  addIncidentVerbs(program, add, say)
  addPeopleVerbs(program, add, say)
  addStepVerbs(program, add, say)
  addPeoplesStepVerbs(program, add, say)
  addRestoreVerbs(program, add, say)
  addEndVerbs(program, add, say)
  addEvidenceVerbs(program, add, say)
  addSystemVerbs(program, add, say)
}

function addIncidentVerbs(program: Command, add: AddVerb, say: Say): void {
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
    say('follow an incident live, until it is over', 'インシデントの経過を追う'),
    (c) =>
      c
        .argument(...id)
        .option(
          '--from <seq>',
          say(
            'start at this event (default: new events only)',
            'このイベントから表示する。既定は今後のイベントのみ',
          ),
        ),
    async (s, [incident = ''], o) => (await import('./verbs/watch.ts')).watch(s, incident, o),
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
      'have a reading step of a runbook read now, without an incident',
      'Runbook の読み取り手順を今すぐ実行する（インシデント不要）',
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
  addAfterwards(program, add, say)
}

function addPeopleVerbs(program: Command, add: AddVerb, say: Say): void {
  const id = idOf(say)
  add(
    program,
    'ack',
    say('say that you are on it', '対応を引き受ける'),
    (c) => c.argument(...id),
    async (s, [incident = '']) =>
      (await import('./verbs/tell.ts')).tell(s, incident, { type: 'acknowledge' }),
  )
  add(
    program,
    'note',
    say('write something down', 'メモを残す'),
    (c) =>
      c
        .argument(...id)
        .argument('[text...]', say('the note', 'メモの本文'))
        .option('--stdin', say('read the note from stdin', 'メモを標準入力から読む')),
    async (s, [incident = ''], o, [, ...words]) =>
      (await import('./verbs/note.ts')).note(s, incident, words, o),
  )
  add(
    program,
    'set',
    say('severity, impact, eta, commander, symptom, data-loss, breach', '緊急度・影響範囲などを設定する'),
    (c) =>
      c
        .argument(...id)
        .argument('<what>', 'severity | impact | eta | commander | symptom | data-loss | breach')
        .argument(
          '<value>',
          say(
            'eta: 14:30, +45m, or ISO 8601; data-loss, breach: yes or no',
            'eta は 14:30、+45m、ISO 8601。data-loss と breach は yes か no',
          ),
        ),
    async (s, [incident = '', what = '', value = '']) =>
      (await import('./verbs/set.ts')).set(s, incident, what, value),
  )
  add(
    program,
    'escalate',
    say('call the next level now, or the one named', '今すぐエスカレーションする'),
    (c) => c.argument(...id).argument('[level]', say('such as cto', 'cto など')),
    async (s, [incident = '', level]) =>
      (await import('./verbs/tell.ts')).tell(s, incident, {
        type: 'escalate',
        ...present({ level }),
      }),
  )
  add(
    program,
    'notify',
    say('send a message to people of the runbook', '関係者にメッセージを送る'),
    (c) =>
      c
        .argument(...id)
        .requiredOption('--message <text>', say('what they should know', '伝える内容'))
        .option(
          '--to <whom>',
          say(
            'a level, a person, or oncall: whoever was called so far',
            'レベル、人、または oncall（これまでに呼び出した人）',
          ),
          'oncall',
        )
        .addOption(
          new Option(
            '--severity <severity>',
            say("how urgent it is (default: the incident's)", '緊急度。既定はインシデントの緊急度'),
          )
            .choices(severities)
            .argParser(upper),
        ),
    async (s, [incident = ''], o) => (await import('./verbs/notify.ts')).notify(s, incident, o),
  )
  add(
    program,
    'check',
    say('tick an item of a checklist', 'チェックリストの項目を完了にする'),
    (c) => c.argument(...id).argument('<item>', say('name of the item', '項目の名前')),
    async (s, [incident = '', item = '']) =>
      (await import('./verbs/tell.ts')).tell(s, incident, { type: 'check', item }),
  )
}

function addStepVerbs(program: Command, add: AddVerb, say: Say): void {
  const id = idOf(say)
  const step = stepOf(say)
  const waiting = (c: Command) =>
    c
      .option('--wait', say('wait until it has finished', '終わるまで待つ'))
      .option('--timeout <duration>', say('give up after this long', '待つ時間の上限'), '10m')
  add(
    program,
    'run',
    say('run a step of the runbook', '手順を実行する'),
    (c) =>
      waiting(
        c
          .argument(...id)
          .argument(...step)
          .option(
            '--with <name=value>',
            say(
              'a parameter (limits.memory=1Gi for one in a group); may be repeated',
              'パラメーター（グループ内は limits.memory=1Gi）。繰り返し可',
            ),
            collect,
            [],
          ),
      ),
    async (s, [incident = '', step = ''], o) => (await import('./verbs/run.ts')).run(s, incident, step, o),
  )
  add(
    program,
    'approve',
    say('approve exactly the step shown', '表示された手順を承認する'),
    (c) =>
      waiting(
        c
          .argument(...id)
          .argument(...step)
          .option(
            '--hash <hash>',
            say('only if its hash is still this one', 'ハッシュがこの値のときだけ承認する'),
          ),
      ),
    async (s, [incident = '', step = ''], o) =>
      (await import('./verbs/approve.ts')).approve(s, incident, step, o),
  )
  add(
    program,
    'reject',
    say('reject a proposed step', '手順を却下する'),
    (c) =>
      c
        .argument(...id)
        .argument(...step)
        .requiredOption('--reason <text>', say('why', '理由')),
    async (s, [incident = '', step = ''], o) =>
      (await import('./verbs/tell.ts')).tell(s, incident, { type: 'reject', step, reason: String(o.reason) }),
  )
  add(
    program,
    'retry',
    say(
      'run a step again as it was, or decide again',
      '手順を同じ内容でもう一度実行する（判断のやり直しも可）',
    ),
    (c) => waiting(c.argument(...id).argument(...step)),
    async (s, [incident = '', step = ''], o) => (await import('./verbs/run.ts')).retry(s, incident, step, o),
  )
  add(
    program,
    'undo',
    say('undo a step', '手順を元に戻す'),
    (c) => waiting(c.argument(...id).argument(...step)),
    async (s, [incident = '', step = ''], o) => (await import('./verbs/run.ts')).undo(s, incident, step, o),
  )
  add(
    program,
    'verify',
    say('check again whether a step took effect', '手順の反映を再確認する'),
    (c) => waiting(c.argument(...id).argument(...step)),
    async (s, [incident = '', step = ''], o) => (await import('./verbs/run.ts')).verify(s, incident, step, o),
  )
}

/** What people carry out themselves. */
function addPeoplesStepVerbs(program: Command, add: AddVerb, say: Say): void {
  const id = idOf(say)
  const step = stepOf(say)
  const reason = ['--reason <text>', say('why', '理由')] as const
  add(
    program,
    'done',
    say('say that you did a step', '人による手順の実施を記録する'),
    (c) =>
      c
        .argument(...id)
        .argument(...step)
        .option('--saw <text>', say('what you saw', '確認した結果')),
    async (s, [incident = '', step = ''], { saw }) =>
      (await import('./verbs/tell.ts')).tell(s, incident, {
        type: 'done',
        step,
        ...present({ saw: textOf(saw) }),
      }),
  )
  add(
    program,
    'decide',
    say('choose an option of a step', '手順の選択肢を選ぶ'),
    (c) =>
      c
        .argument(...id)
        .argument('<choice>', say('such as way/add-pods', 'way/add-pods など'))
        .requiredOption(...reason),
    async (s, [incident = '', choice = ''], o) =>
      (await import('./verbs/decide.ts')).decide(s, incident, choice, String(o.reason)),
  )
  add(
    program,
    'skip',
    say('go on without a step', '手順を省略する'),
    (c) =>
      c
        .argument(...id)
        .argument(...step)
        .requiredOption(...reason),
    async (s, [incident = '', step = ''], o) =>
      (await import('./verbs/tell.ts')).tell(s, incident, { type: 'skip', step, reason: String(o.reason) }),
  )
}

function addEndVerbs(program: Command, add: AddVerb, say: Say): void {
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

function upper(value: string): string {
  const severity = value.toUpperCase()
  if ((severities as readonly string[]).includes(severity)) return severity
  const meant = nearest(severity, severities)
  const hint =
    meant === undefined ? { en: '', ja: '' } : { en: ` Did you mean ${meant}?`, ja: `。もしかして: ${meant}` }
  throw new InvalidArgumentError(
    expects(`one of ${severities.join(', ')}.${hint.en}`, `${severities.join(', ')} のいずれか${hint.ja}`),
  )
}
