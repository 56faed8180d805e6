/**
 * Wrote `rules-1.json`: tsx test/domain/rules/make.ts N. It never overwrites a table: once released, what a table says is what the
 * rules have to say for ever. New rules get the next number and a table of their own.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CommandInput, CommandType } from '../../../domain/incident/commands.ts'
import { deadlines } from '../../../domain/incident/deadlines.ts'
import type { Occurrence } from '../../../domain/incident/decide.ts'
import { effects } from '../../../domain/incident/effects.ts'
import { type Opening, open } from '../../../domain/incident/open.ts'
import type { Actor } from '../../../domain/words.ts'
import { answerTo, bad, finding, reading } from '../incident/hands.ts'
import { smallRunbook } from '../incident/small-runbook.ts'
import { type Circumstances, kato, openingOf, person, sato, yamada } from '../incident/world.ts'
import { type Input, Retold, type Story, type Table, type Turn, tablePath } from './table.ts'

/** One runbook for all stories, with everything that rules can be about. */
const policy = { people: true, proofs: true, affected: true } as const

class Recorder {
  now: number
  readonly turns: Turn[] = []
  readonly #retold: Retold
  readonly #story: Omit<Story, 'turns'>

  constructor(title: string, circumstances: Circumstances) {
    const { runbook, ...opening } = openingOf({ ...circumstances, policy })
    const whole: Opening = { ...opening, runbook }
    this.now = opening.atMs + 50
    this.#retold = new Retold(whole, this.now)
    const opens = this.#retold.chain(open(whole, this.now).facts, this.now)
    this.#retold.take(opens)
    this.#story = { title, opening, openedAt: this.now, opens }
  }

  get story(): Story {
    return { ...this.#story, turns: this.turns }
  }

  command<T extends CommandType>(type: T, by: Actor, input: Omit<CommandInput<T>, 'v' | 'by'>): this {
    return this.#turn({ command: type, payload: { v: 1, by, ...input } })
  }

  happens(occurrence: Occurrence): this {
    return this.#turn({ occurrence })
  }

  /** The hands' answer to an effect that is wanted; 0 is the good one (hands.ts). */
  answers(key: string, roll = 0): this {
    const effect = effects(this.#retold.state).find((e) => e.key === key)
    if (effect === undefined) throw new Error(`${key} is not wanted`)
    return this.happens(answerTo(effect, roll, this.now))
  }

  /** Time goes on to the next deadline, which is met. */
  due(): this {
    const [next] = deadlines(this.#retold.state)
    if (next === undefined) throw new Error('nothing is due')
    this.now = next.atMs
    return this.happens({ type: 'due', deadline: next })
  }

  approve(by: Actor, step: string): this {
    const hash = this.#retold.state.steps[step]?.hash ?? ''
    return this.command('approve', by, { step, hash })
  }

  #turn(input: Input): this {
    this.now += 1_000
    const given = this.#retold.decide(input, this.now)
    if ('events' in given) this.#retold.take(given.events)
    this.turns.push(JSON.parse(JSON.stringify({ at: this.now, input, ...given })))
    return this
  }
}

const again = {
  service: 'backend',
  severity: 'CRITICAL',
  description: 'nothing answers',
  dataLoss: true,
} as const

const alerts = { group: 'a'.repeat(32), declaration: again }

const repair = new Recorder('a deploy is rolled back, with approvals, and taken back again', {
  symptom: '5xx',
})
  .command('acknowledge', yamada, {})
  .command('acknowledge', kato, {})
  .happens({
    type: 'situation-ended',
    number: 1,
    tookMs: 1_800,
    parts: {
      rollouts: { ok: true, reading: reading(finding('bad-rollout')) },
      pods: bad('no-answer'),
    },
  })
  .answers('step/logs/read', 1)
  .answers('step/rollback/plan')
  .approve(sato, 'rollback')
  .command('approve', yamada, { step: 'rollback', hash: 'deadbeef'.repeat(8) })
  .approve(yamada, 'rollback')
  .approve(kato, 'rollback')
  .command('resolve', sato, {})
  .answers('step/rollback/run')
  .answers('step/rollback/verify')
  .answers('step/rollback/health')
  .answers('step/restart/plan', 2)
  .approve(person('watanabe', false), 'restart')
  .command('reject', yamada, { step: 'restart', reason: 'not needed any more' })
  .command('undo', yamada, { step: 'rollback' })
  .answers('step/rollback-undo/plan')
  .approve(sato, 'rollback-undo')
  .answers('step/rollback-undo/run')
  .answers('step/rollback-undo/verify', 1)
  .command('verify', sato, { step: 'rollback-undo' })
  .answers('step/rollback-undo/verify/2')
  .command('run', sato, { step: 'scale-out', with: { replicas: 12 } })
  .command('run', sato, { step: 'scale-out', with: { replicas: -1 } })
  .answers('step/scale-out/plan')
  .due()
  .due()

const people = new Recorder('people say what they know, page, and end it', { severity: 'MEDIUM' })
  .command('note', sato, { text: '調査を始めました 🔥' })
  .command('set-severity', sato, { severity: 'HIGH' })
  .command('set-impact', sato, { impact: 'part' })
  .command('set-eta', sato, { eta: '2026-11-24T04:00:00Z' })
  .command('set-commander', sato, { person: 'kato' })
  .command('set-symptom', sato, { symptom: '5xx' })
  .command('set-risk', sato, { breach: true })
  .due()
  .answers('page/shodo-42/security/mori/mail/1', 1)
  .answers('page/shodo-42/security/ito/oncall/1')
  .due()
  .command('escalate', yamada, {})
  .command('escalate', yamada, { level: 'board' })
  .command('notify', sato, { message: '調査中です' })
  .command('notify', sato, { message: 'look', to: 'board' })
  .command('notify', sato, { message: 'look', to: 'security', severity: 'LOW' })
  .answers('page/shodo-42/security/ito/oncall/2')
  .command('check', sato, { item: 'alert' })
  .command('situation', sato, {})
  .command('freeze', kato, { on: true })
  .command('run', sato, { step: 'rollback' })
  .command('freeze', kato, { on: false })
  .command('report', yamada, { declaration: again })
  .command('alerts', yamada, { ...alerts, version: 1, fired: 2, firing: 2, clear: false })
  .command('alerts', yamada, { ...alerts, version: 2, fired: 2, firing: 0, clear: true })
  .due()
  .happens({ type: 'internal-error', where: 'rules', reason: 'a defect' })
  .happens({ type: 'internal-error', where: 'rules', reason: 'a defect' })
  .happens({ type: 'continued', run: 2 })
  .answers('archive/1')
  .command('resolve', sato, {})
  .happens({ type: 'page-cancelled', key: 'shodo-42/team-lead/tanaka/oncall/1' })
  .command('reopen', kato, { reason: 'it is back' })
  .due()
  .command('resolve', sato, {})
  .command('close', sato, { waive: 'a drill' })
  .command('close', kato, { waive: 'a drill' })
  .command('note', sato, { text: 'too late' })
  .answers('archive/2')

const recovery = new Recorder('a dead service is recovered in time', { severity: 'CRITICAL' })
  .answers('step/recover-backend/plan', 1)
  .answers('step/recover-frontend/plan', 3)
  .answers('step/recover-backend/run', 1)
  .answers('step/recover-backend/verify')
  .answers('recovery-check/1')
  .answers('situation/2')

const failing = new Recorder('a recovery that does not help pages at once', { severity: 'CRITICAL' })
  .answers('step/recover-backend/plan', 1)
  .answers('step/recover-backend/run', 3)
  .due()
  .answers('page/shodo-42/team-lead/tanaka/oncall/1', 2)
  .command('cancel', sato, { reason: 'another incident covers it' })

const worse = new Recorder('it gets worse, is looked at again, and comes back', { severity: 'LOW' })
  .answers('situation/1', 2)
  .due()
  .answers('page/shodo-42/team-lead/tanaka/oncall/1')
  .answers('step/rollback/plan')
  .command('acknowledge', yamada, {})
  .command('set-severity', sato, { severity: 'MEDIUM' })
  .due()
  .due()
  .answers('situation/2')
  .command('set-commander', sato, { person: 'suzuki' })
  .command('set-severity', yamada, { severity: 'MEDIUM' })
  .command('report', kato, { declaration: { ...again, severity: 'HIGH', symptom: '5xx' } })
  .due()
  .due()
  .due()
  .due()
  .command('escalate', kato, { level: 'cto' })
  .command('resolve', sato, {})
  .command('report', kato, { declaration: again })
  .due()

const byPeople = new Recorder('people do what only they can do, and are reminded of it', {
  symptom: 'handover',
  severity: 'MEDIUM',
})
  .command('run', sato, { step: 'add-pods' })
  .due()
  .answers('page/shodo-42/team-lead/tanaka/oncall/1')
  .command('decide', sato, { step: 'way', option: 'add-pods', reason: 'there is room' })
  .command('done', sato, { step: 'way' })
  .command('done', sato, { step: 'announce', saw: 'the banner is up' })
  .command('done', yamada, { step: 'announce' })
  .command('decide', yamada, { step: 'way', option: 'wait', reason: 'it may pass' })
  .command('decide', yamada, { step: 'way', option: 'add-pods', reason: 'there is room' })
  .answers('step/add-pods/plan')
  .approve(yamada, 'add-pods')
  .approve(kato, 'add-pods')
  .answers('step/add-pods/run', 3)
  .command('retry', sato, { step: 'add-pods' })
  .answers('step/add-pods.2/plan')
  .command('skip', kato, { step: 'add-pods', reason: 'it was scaled by hand' })
  .answers('step/look-again/read', 1)
  .command('done', sato, { step: 'tell-support' })
  .command('retry', kato, { step: 'way' })
  .command('decide', person('watanabe', false), { step: 'way', option: 'replace-pods', reason: 'no room' })
  .command('retry', person('watanabe', false), { step: 'way' })
  .due()

const decided = new Recorder('its checklists tick themselves, and hold the close up', { severity: 'LOW' })
  .answers('situation/1')
  .command('acknowledge', yamada, {})
  .due()
  .due()
  .command('set-commander', sato, { person: 'kato' })
  .command('resolve', sato, {})
  .answers('situation/2')
  .command('alerts', yamada, { ...alerts, version: 1, fired: 1, firing: 0, clear: true })
  .command('close', sato, {})
  .command('close', sato, { waive: 'a drill' })
  .command('reopen', yamada, { reason: 'it is back' })
  .command('resolve', sato, {})
  .command('check', sato, { item: 'healthy' })
  .due()
  .command('close', kato, { waive: 'a drill' })

const rules = Number(process.argv[2])
const path = tablePath(rules)
if (existsSync(path)) throw new Error(`${fileURLToPath(path)} exists, and stays as it is`)
const stories = [repair, people, recovery, failing, worse, byPeople, decided].map(
  (recorder) => recorder.story,
)
const table: Table = { rules, runbook: smallRunbook(policy), stories }
writeFileSync(path, `${JSON.stringify(table, undefined, 2)}\n`)
