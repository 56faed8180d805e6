import assert from 'node:assert/strict'
import type { Effect } from '../../../domain/incident/effects.ts'
import { bad } from '../incident/hands.ts'
import { kato, person, sato, World } from '../incident/world.ts'

const notPages = ({ type }: Effect) => type !== 'page'
const messages = (world: World) => world.pages().filter(({ reason }) => reason === 'message')
const told = (world: World) => messages(world).map(({ person }) => person)

describe('a message', () => {
  it('goes to the first level while nobody was called, and then to whoever was', () => {
    const world = new World()
    world.command('notify', sato, { message: 'コネクションが枯渇しています' })
    assert.deepEqual(told(world), ['tanaka'])
    world.waitUntil('10:00')
    world.allGoesWell(notPages)
    const before = messages(world).length
    world.command('notify', sato, { message: 'ロールバック中', to: 'oncall' })
    const called = [...new Set(world.called())]
    assert.equal(told(world).slice(before).length, called.length)
  })

  it('says who sent it and what, with the urgency of its own', () => {
    const world = new World()
    world.command('notify', sato, { message: 'look at the dashboard', to: 'security', severity: 'LOW' })
    const [first] = messages(world)
    assert.equal(first?.severity, 'LOW')
    assert.match(first?.says.en ?? '', /^\[LOW\] shodo-42 .*\. sato: look at the dashboard$/)
    assert.match(first?.says.ja ?? '', /^【LOW】.*satoから: look at the dashboard$/)
    assert.deepEqual(world.told('notified').at(-1), {
      message: 'look at the dashboard',
      people: messages(world).map(({ person }) => person),
      severity: 'LOW',
    })
  })

  it('says of a sender whom nobody has checked that it is so', () => {
    const world = new World()
    world.command('notify', person('kato', false), { message: 'approve it now', to: 'tanaka' })
    const [first] = messages(world)
    assert.match(first?.says.en ?? '', /kato \(not verified\): approve it now$/)
    assert.match(first?.says.ja ?? '', /kato（本人確認なし）から: approve it now$/)
  })

  it('reaches one person by name, and nobody whom the runbook does not know', () => {
    const world = new World()
    world.command('notify', sato, { message: 'hello', to: 'tanaka' })
    assert.deepEqual(told(world), ['tanaka'])
    for (const to of ['board', 'constructor', 'hello'])
      assert.equal(world.refusal('notify', sato, { message: 'hello', to }), 'unknown-recipient')
  })

  it('is tried again with the same words, over the next channel too', () => {
    const world = new World()
    world.command('notify', sato, { message: 'hello', to: 'tanaka', severity: 'CRITICAL' })
    const [first] = messages(world)
    const key = first?.key ?? assert.fail('nothing was sent')
    world.answer(`page/${key}`, { type: 'page-ended', key, outcome: bad('channel-refused') })
    world.wait(60_000)
    const [, again] = messages(world)
    assert.deepEqual(
      [again?.says, again?.severity, again?.message],
      [first?.says, 'CRITICAL', { by: sato, text: 'hello' }],
    )
    assert.notEqual(again?.key, key)
  })

  it('still goes out once it is acknowledged and resolved, and not when it is closed', () => {
    const world = new World()
    world.command('acknowledge', kato, {})
    world.command('resolve', kato, {})
    world.command('notify', kato, { message: 'it is over', to: 'tanaka' })
    assert.deepEqual(told(world), ['tanaka'])
    world.command('close', kato, { waive: 'nothing to learn' })
    assert.equal(world.refusal('notify', kato, { message: 'x' }), 'not-open')
  })

  it('is an update: the commander is not reminded of what was told just now', () => {
    const world = new World()
    world.command('set-commander', sato, { person: 'tanaka' })
    const before = world.state.lastUpdateAtMs
    world.wait(60_000)
    world.command('notify', sato, { message: 'ten minutes more' })
    assert.ok(world.state.lastUpdateAtMs > before)
  })
})
