/** The verbs of those who work on an incident: what they say, set and tick, and whom they call. */
import { type Command, Option } from 'commander'
import { present } from '../../../domain/present.ts'
import { severities } from '../../../domain/words.ts'
import { idOf, upper } from './arguments.ts'
import type { AddVerb, Say } from './verb.ts'

/** What is recorded comes to its own end, also after Ctrl-C: as long as a timer can be. */
const recordGraceMs = 2 ** 31 - 1

export function addPeopleVerbs(program: Command, add: AddVerb, say: Say): void {
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
    'record',
    say(
      'run a command, or a shell, and keep what it prints as evidence (docs/evidence.md)',
      'コマンドまたはシェルを実行し、出力を証跡として保存する（docs/evidence.md）',
    ),
    (c) =>
      c
        .argument(...id)
        .argument(
          '[command...]',
          say('behind --, as it would be typed; a shell if omitted', '-- の後に入力どおり。省略するとシェル'),
        ),
    async (s, [incident = ''], _, [, ...words]) =>
      (await import('./verbs/record.ts')).record(s, incident, words),
    recordGraceMs,
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
