import assert from 'node:assert/strict'
import { Rounds } from '../../workflows/desk/rounds.ts'

describe('rounds in which open incidents are told', () => {
  const atRest = () => new Rounds({ nowMs: 0, heard: 0, isStorm: false })

  /** Hears so many messages a second from `fromMs` on, a look each 100 ms. */
  function hears(
    rounds: Rounds,
    { perSecond, fromMs, toMs }: Record<'perSecond' | 'fromMs' | 'toMs', number>,
  ) {
    for (let ms = fromMs; ms <= toMs; ms += 100) rounds.look((ms * perSecond) / 1_000, ms)
  }

  it('hold nobody who was not told yet, and who was told for two seconds', () => {
    const rounds = atRest()
    rounds.look(1, 100_000)
    assert.equal(rounds.holds('shodo-1'), false)
    rounds.tell('shodo-1', 100_000)
    assert.equal(rounds.holds('shodo-1'), true)
    assert.equal(rounds.holds('shodo-2'), false)
    assert.equal(rounds.leftMs(100_100), 1_900)
    rounds.look(2, 102_000)
    assert.equal(rounds.holds('shodo-1'), false)
  })

  it('begin where somebody waits who was not told yet', () => {
    const rounds = atRest()
    assert.equal(rounds.leftMs(1_000), 2_000)
    assert.equal(rounds.leftMs(2_500), 500)
  })

  it('last ten seconds in a storm, which is more than ten messages a second, and at first nobody is told', () => {
    const rounds = atRest()
    rounds.tell('shodo-1', 0)
    hears(rounds, { perSecond: 10, fromMs: 0, toMs: 4_000 })
    assert.equal(rounds.isStorm, false)
    rounds.look(100, 6_000)
    assert.equal(rounds.isStorm, true)
    assert.equal(rounds.holds('shodo-2'), true)
    assert.equal(rounds.leftMs(6_000), 2_000, 'the storm may be over sooner')
    rounds.look(1_000, 15_900)
    assert.equal(rounds.holds('shodo-2'), true)
    rounds.look(2_000, 16_000)
    assert.equal(rounds.holds('shodo-2'), false)
  })

  it('tell everybody once, however many can be told at a time', () => {
    const rounds = new Rounds({ nowMs: 0, heard: 0, isStorm: true })
    hears(rounds, { perSecond: 20, fromMs: 0, toMs: 10_000 })
    rounds.tell('shodo-1', 10_000)
    hears(rounds, { perSecond: 20, fromMs: 10_100, toMs: 13_000 })
    assert.equal(rounds.holds('shodo-1'), true)
    assert.equal(rounds.holds('shodo-2'), false)
    rounds.tell('shodo-2', 13_000)
    hears(rounds, { perSecond: 20, fromMs: 13_100, toMs: 19_900 })
    assert.equal(rounds.holds('shodo-1'), true)
    hears(rounds, { perSecond: 20, fromMs: 20_000, toMs: 20_000 })
    assert.equal(rounds.holds('shodo-1'), false)
  })

  it('are over with the storm', () => {
    const rounds = atRest()
    rounds.tell('shodo-1', 0)
    rounds.look(100, 2_000)
    assert.equal(rounds.holds('shodo-1'), true)
    rounds.look(101, 4_000)
    assert.equal(rounds.isStorm, false)
    assert.equal(rounds.holds('shodo-1'), false)
  })

  it('go on where the run before was in a storm: nobody is told twice for that', () => {
    const rounds = new Rounds({ nowMs: 50_000, heard: 1_000, isStorm: true })
    rounds.look(1_000, 50_000)
    assert.equal(rounds.holds('shodo-1'), true)
    assert.equal(rounds.leftMs(50_000), 2_000)
    rounds.look(1_001, 52_000)
    assert.equal(rounds.holds('shodo-1'), false)
  })
})
