/** The verbs of the runbook's steps: those that hikeshi carries out, and those of people. */
import type { Command } from 'commander'
import { present } from '../../../domain/present.ts'
import { collect, idOf, stepOf } from './arguments.ts'
import { type AddVerb, type Say, textOf } from './verb.ts'

export function addStepVerbs(program: Command, add: AddVerb, say: Say): void {
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
export function addPeoplesStepVerbs(program: Command, add: AddVerb, say: Say): void {
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
