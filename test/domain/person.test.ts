import assert from 'node:assert/strict'
import { parseCommand } from '../../domain/incident/commands.ts'
import { isSamePerson, peopleIn, personKey, personName } from '../../domain/person.ts'
import { sentence } from '../../domain/telling/sentences.ts'
import { actor } from '../../domain/words.ts'
import { planOf } from './incident/hands.ts'
import { person, World } from './incident/world.ts'

/** Spellings of one person, by hand, by another keyboard, by an editor, by somebody who would have two votes. */
const spellings = [
  'sato',
  'Sato',
  'SATO',
  'ｓａｔｏ',
  'sa\u200bto',
  'sa\u00adto',
  '\u200esato',
  'sato\ufe0f',
  ' sato ',
]

describe('a person', () => {
  it('has one key, however the name is written', () => {
    for (const spelling of spellings) assert.equal(personKey(spelling), 'sato', JSON.stringify(spelling))
    const same: readonly [string, string][] = [
      ['ガク', 'ガク'.normalize('NFD')],
      ['ｶﾞｸ', 'ガク'],
      ['佐藤　花子', '佐藤 花子'],
      ['辻\u{e0100}', '辻'],
      ['Strauß', 'STRAUSS'],
      ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
      ['o’brien', 'O’Brien'],
    ]
    for (const [a, b] of same) assert.ok(isSamePerson(a, b), `${a} ${b}`)
    for (const other of ['sat0', 'satou', 'sa to', 'sаto']) assert.ok(!isSamePerson('sato', other), other)
    assert.equal(peopleIn(['sato', 'Sato', 'kato']), 2)
  })

  it('has a name that can stand in a sentence, and is nobody of ours', () => {
    for (const name of [
      'aoki',
      '佐藤 花子',
      "O'Brien",
      'CORP\\aoki',
      'a.b@c-d_e+f',
      'ジョン・スミス',
      '辻\u{e0100}',
      'x'.repeat(64),
      'x',
      '森',
    ])
      assert.ok(personName.safeParse(name).success, name)
    const odd = [
      '',
      ' aoki',
      'aoki ',
      'a  b',
      'a\u00a0b',
      'sa\u200bto',
      'x'.repeat(65),
      'sato approved step flush [27b8e081]; kato',
      'sato: kato',
      'a, b',
      'a (verified)',
      '「佐藤」',
      'a→b',
      '🔥',
    ]
    const reserved = [
      'hikeshi',
      'Hikeshi',
      'ＨＩＫＥＳＨＩ',
      'system',
      'alert',
      'alert x',
      'anonymous',
      'signal',
      'runbook',
    ]
    for (const name of [...odd, ...reserved])
      assert.ok(!personName.safeParse(name).success, JSON.stringify(name))
  })

  it('is no actor under such a name, by whatever way it comes', () => {
    for (const id of ['hikeshi', 'ｈｉｋｅｓｈｉ', 'alert sentry', 'sato approved it; kato', 'sa\u200bto']) {
      assert.ok(!actor.safeParse({ kind: 'person', id, verified: true }).success, id)
      const command = parseCommand('acknowledge', { v: 1, by: { kind: 'person', id, verified: false } })
      assert.equal('code' in command && command.code, 'HK101', id)
    }
    assert.ok(actor.safeParse({ kind: 'person', id: 'anonymous', verified: false }).success)
    assert.ok(actor.safeParse({ kind: 'alert', id: 'alertmanager (eu)', verified: true }).success)
  })

  it('cannot approve what they asked for under another spelling, nor approve twice', () => {
    const [own = '', ...others] = spellings.filter((name) => personName.safeParse(name).success)
    assert.deepEqual(others, ['Sato', 'SATO', 'ｓａｔｏ'])
    const policy = { approvals: { reversible: 2 } }
    const world = new World({ severity: 'MEDIUM', by: person('mori'), policy })
    world.command('run', person(own), { step: 'rollback' })
    const value = planOf(world.step('rollback'), { ready: 1, notReady: 0, ofReady: 3 })
    const outcome = { ok: true, value, attempt: 1 } as const
    world.answer('step/rollback/plan', { type: 'stage-ended', run: 'rollback', stage: 'plan', outcome })
    const approve = { step: 'rollback', hash: world.step('rollback').hash ?? '' }
    for (const other of others)
      assert.equal(world.refusal('approve', person(other), approve), 'requester-cannot-approve', other)
    world.command('approve', person('ガク'), approve)
    for (const other of ['ガク'.normalize('NFD'), 'ｶﾞｸ'])
      assert.equal(world.refusal('approve', person(other), approve), 'already-approved-by-you', other)
    assert.equal(world.step('rollback').status, 'proposed')
    world.command('approve', person('kato'), approve)
    assert.equal(world.step('rollback').status, 'running')
    assert.deepEqual(world.state.responders, ['sato', 'ガク', 'kato'])
  })

  it('who is not verified is marked so in every sentence', () => {
    const world = new World({ by: person('aoki', false) })
    world.command('note', person('kato'), { text: 'I look' })
    world.command('acknowledge', person('watanabe', false), {})
    const told = (type: string, lang: 'ja' | 'en') =>
      sentence(world.events.find((event) => event.type === type) ?? assert.fail(type), lang)
    assert.match(told('declared', 'en'), /^aoki \(not verified\) declared/)
    assert.match(told('declared', 'ja'), /^aoki（本人確認なし） が宣言/)
    assert.equal(told('acknowledged', 'en'), 'watanabe (not verified) acknowledged')
    assert.equal(told('noted', 'en'), 'kato: I look')
  })
})
