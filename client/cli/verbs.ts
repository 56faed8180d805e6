/** Every verb of the contract (design.md) with its words; the work is in verbs/. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { nearest } from '../../domain/nearest.ts'
import { impacts, phases, severities } from '../../domain/words.ts'
import type { AddVerb } from './program.ts'

/** What is under way in a worker is finished or handed back to Temporal: its activities have 5 s for that. */
const workerGraceMs = 8_000

const id = ['<incident>', 'such as shodo-42'] as const

export function addVerbs(program: Command, add: AddVerb): void {
  addIncidentVerbs(program, add)
  addPeopleVerbs(program, add)
  addStepVerbs(program, add)
  addEndVerbs(program, add)
  addSystemVerbs(program, add)
}

function addIncidentVerbs(program: Command, add: AddVerb): void {
  add(
    program,
    'declare',
    { en: 'declare an incident', ja: 'インシデントを宣言する' },
    (c) =>
      c
        .requiredOption('--service <name>', 'affected service: backend, or shodo/backend')
        .addOption(
          new Option('--severity <severity>', 'how bad it is').argParser(upper).makeOptionMandatory(),
        )
        .requiredOption('--description <text>', 'what is wrong, in a sentence')
        .option('--symptom <name>', 'symptom of the runbook')
        .option('--data-loss', 'data may be lost: everyone is called at once')
        .option('--breach', 'a breach is suspected: security is called at once')
        .addOption(new Option('--impact <impact>', 'how far it reaches').choices(impacts))
        .option('--new', 'open a new incident even where one about the same is open')
        .option('--key <key>', 'names this report: the same key is the same report'),
    async (s, _, o) => (await import('./verbs/declare.ts')).declare(s, o),
  )
  add(
    program,
    'list',
    { en: 'open incidents', ja: '対応中のインシデント一覧' },
    (c) =>
      c
        .option('-a, --all', 'those that are over too')
        .option('--service <name>', 'of one service')
        .addOption(new Option('--phase <phase>', 'in one phase').choices(phases)),
    async (s, _, o) => (await import('./verbs/list.ts')).list(s, o),
  )
  add(
    program,
    'show',
    { en: 'an incident as it is now', ja: 'インシデントの現在の状態' },
    (c) => c.argument(...id).argument('[step]', 'one step of it: what was read, what became of it'),
    async (s, [incident = '', step]) =>
      step === undefined
        ? (await import('./verbs/show.ts')).show(s, incident)
        : (await import('./verbs/show-step.ts')).showStep(s, incident, step),
  )
  add(
    program,
    'watch',
    { en: 'follow an incident live, until it is over', ja: 'インシデントの経過を追う' },
    (c) =>
      c.argument(...id).option('--from <seq>', 'from this event on; without it what happens from now on'),
    async (s, [incident = ''], o) => (await import('./verbs/watch.ts')).watch(s, incident, o),
  )
  add(
    program,
    'situation',
    { en: 'take the 5-second picture anew', ja: '5秒で状況把握' },
    (c) => c.argument('[incident]', 'all open ones without it').option('--service <name>', 'of one service'),
    async (s, [incident], o) => (await import('./verbs/situation.ts')).situation(s, incident, o),
  )
  add(
    program,
    'diagnose',
    { en: 'look at a service now and rank what it may be', ja: 'サービスを診断する' },
    (c) => c.argument('<service>', 'such as backend, or shodo/backend'),
    async (s, [service = '']) => (await import('./verbs/diagnose.ts')).diagnose(s, service),
  )
  add(
    program,
    'timeline',
    { en: 'everything that happened, in order', ja: 'タイムライン' },
    (c) => c.argument(...id),
    async (s, [incident = '']) => (await import('./verbs/timeline.ts')).timeline(s, incident),
  )
  add(
    program,
    'report',
    { en: 'the incident report, ready to be sent', ja: '【インシデント報告】を作成する' },
    (c) => c.argument(...id),
    async (s, [incident = '']) => (await import('./verbs/report.ts')).printReport(s, incident),
  )
}

function addPeopleVerbs(program: Command, add: AddVerb): void {
  add(
    program,
    'ack',
    { en: 'say that you are on it', ja: '対応を引き受ける' },
    (c) => c.argument(...id),
    async (s, [incident = '']) => (await import('./verbs/tell.ts')).tell(s, incident, 'acknowledge', {}),
  )
  add(
    program,
    'note',
    { en: 'write something down', ja: 'メモを残す' },
    (c) =>
      c
        .argument(...id)
        .argument('[text...]', 'the note')
        .option('--stdin', 'read the note from stdin'),
    async (s, [incident = ''], o, [, ...words]) =>
      (await import('./verbs/note.ts')).note(s, incident, words, o),
  )
  add(
    program,
    'set',
    {
      en: 'severity, impact, eta, commander, symptom, data-loss, breach',
      ja: '緊急度・影響範囲などを設定する',
    },
    (c) =>
      c
        .argument(...id)
        .argument('<what>', 'severity | impact | eta | commander | symptom | data-loss | breach')
        .argument('<value>', 'eta: 14:30, +45m, or ISO 8601; data-loss, breach: yes or no'),
    async (s, [incident = '', what = '', value = '']) =>
      (await import('./verbs/set.ts')).set(s, incident, what, value),
  )
  add(
    program,
    'escalate',
    { en: 'call the next level now, or the one named', ja: '今すぐエスカレーションする' },
    (c) => c.argument(...id).argument('[level]', 'such as cto'),
    async (s, [incident = '', level]) =>
      (await import('./verbs/tell.ts')).tell(s, incident, 'escalate', level === undefined ? {} : { level }),
  )
  add(
    program,
    'check',
    { en: 'tick an item of a checklist', ja: 'チェックリストの項目を完了にする' },
    (c) => c.argument(...id).argument('<item>', 'name of the item'),
    async (s, [incident = '', item = '']) =>
      (await import('./verbs/tell.ts')).tell(s, incident, 'check', { item }),
  )
}

function addStepVerbs(program: Command, add: AddVerb): void {
  const waiting = (c: Command) =>
    c.option('--wait', 'until it has ended').option('--timeout <duration>', 'at most so long', '10m')
  add(
    program,
    'run',
    { en: 'run a step of the runbook', ja: '手順を実行する' },
    (c) =>
      waiting(
        c
          .argument(...id)
          .argument('<step>', 'such as rollback')
          .option('--with <name=value>', 'a parameter; may be repeated', collect, []),
      ),
    async (s, [incident = '', step = ''], o) => (await import('./verbs/run.ts')).run(s, incident, step, o),
  )
  add(
    program,
    'approve',
    { en: 'approve the exact step that is shown', ja: '表示された手順を承認する' },
    (c) =>
      waiting(
        c
          .argument(...id)
          .argument('<step>')
          .option('--hash <hash>', 'only if this is still its hash'),
      ),
    async (s, [incident = '', step = ''], o) =>
      (await import('./verbs/approve.ts')).approve(s, incident, step, o),
  )
  add(
    program,
    'reject',
    { en: 'reject a proposed step', ja: '手順を却下する' },
    (c) =>
      c
        .argument(...id)
        .argument('<step>')
        .requiredOption('--reason <text>', 'why'),
    async (s, [incident = '', step = ''], o) =>
      (await import('./verbs/tell.ts')).tell(s, incident, 'reject', { step, reason: String(o.reason) }),
  )
  add(
    program,
    'undo',
    { en: 'undo a step', ja: '手順を元に戻す' },
    (c) => waiting(c.argument(...id).argument('<step>')),
    async (s, [incident = '', step = ''], o) => (await import('./verbs/run.ts')).undo(s, incident, step, o),
  )
}

function addEndVerbs(program: Command, add: AddVerb): void {
  const simple = (verb: 'resolve' | 'close', en: string, ja: string) =>
    add(
      program,
      verb,
      { en, ja },
      (c) => c.argument(...id),
      async (s, [incident = '']) => (await import('./verbs/tell.ts')).tell(s, incident, verb, {}),
    )
  const withReason = (verb: 'reopen' | 'cancel', en: string, ja: string) =>
    add(
      program,
      verb,
      { en, ja },
      (c) => c.argument(...id).requiredOption('--reason <text>', 'why'),
      async (s, [incident = ''], o) =>
        (await import('./verbs/tell.ts')).tell(s, incident, verb, { reason: String(o.reason) }),
    )
  simple('resolve', 'the service is back', '復旧を宣言する')
  withReason('reopen', 'it is not over', '再開する')
  simple('close', 'all is done', '終了する')
  withReason('cancel', 'it was none', '取り消す')
}

function addSystemVerbs(program: Command, add: AddVerb): void {
  add(
    program,
    'replay',
    {
      en: 're-execute the timeline and hold it against its receipts',
      ja: 'タイムラインを再実行して検証する',
    },
    (c) =>
      c
        .argument('<incident|folder>', 'an incident, or a folder with its archived runs')
        .option('--at <time>', 'also show what it was then, such as 2026-11-24T14:30:00+09:00'),
    async (s, [what = ''], o) => (await import('./verbs/replay.ts')).replayVerb(s, what, o),
  )
  add(
    program,
    'freeze',
    { en: 'stop all automation, or allow it again', ja: '自動化を凍結・解除する' },
    (c) => c.argument('<on|off>'),
    async (s, [on = '']) => (await import('./verbs/freeze.ts')).freeze(s, on),
  )
  const runbook = program.command('runbook').description('check, publish and look at runbooks')
  const runbooks = () => import('./verbs/runbook.ts')
  add(
    runbook,
    'check',
    { en: 'name every mistake of a file', ja: 'ファイルの誤りを調べる' },
    (c) => c.argument('<file>'),
    async (s, [file = '']) => (await runbooks()).check(s, file),
  )
  add(
    runbook,
    'publish',
    { en: 'put a file onto its desk', ja: '公開する' },
    (c) => c.argument('<file>'),
    async (s, [file = '']) => (await runbooks()).publish(s, file),
  )
  add(runbook, 'list', { en: 'what is published', ja: '公開中の Runbook' }, same, async (s) =>
    (await runbooks()).list(s),
  )
  add(
    runbook,
    'show',
    { en: 'a published runbook', ja: '公開中の Runbook の内容' },
    (c) => c.argument('<name>'),
    async (s, [name = '']) => (await runbooks()).show(s, name),
  )
  add(runbook, 'schema', { en: 'JSON Schema for editors', ja: 'エディター用 JSON Schema' }, same, async (s) =>
    (await runbooks()).schema(s),
  )
  add(
    program,
    'doctor',
    { en: 'what works, what does not, what to do', ja: '環境を点検する' },
    same,
    async (s) => (await import('./verbs/doctor.ts')).doctor(s),
  )
  add(
    program,
    'worker',
    { en: 'do the work, until it is told to stop', ja: 'ワーカーを起動する' },
    (c) => c.option('--runbooks <folder>', 'publish what is new there'),
    async (s, _, o) => (await import('./verbs/worker.ts')).worker(s, o),
    workerGraceMs,
  )
  // These two read their own options, so they never come here; they stand in the help.
  program.command('api').description('serve the HTTP API (token PERSON, keygen DIR)')
  program.command('lab').description('a small real world to try things in: up, down, break, heal')
}

const same = (command: Command) => command

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

function upper(value: string): string {
  const severity = value.toUpperCase()
  if ((severities as readonly string[]).includes(severity)) return severity
  const meant = nearest(severity, severities)
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  throw new InvalidArgumentError(`expected one of ${severities.join(', ')}.${hint}`)
}
