import assert from 'node:assert/strict'
import { Rounds } from '../../workflows/desk/rounds.ts'

describe('rounds in which open incidents are told', () => {
  const atRest = () => new Rounds(0, 0)

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
    assert.equal(rounds.leftMs(101_000), 2_000)
    assert.equal(rounds.leftMs(102_500), 500)
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
    const rounds = atRest()
    hears(rounds, { perSecond: 20, fromMs: 0, toMs: 12_000 })
    rounds.tell('shodo-1', 12_000)
    hears(rounds, { perSecond: 20, fromMs: 12_100, toMs: 13_000 })
    assert.equal(rounds.holds('shodo-1'), true)
    assert.equal(rounds.holds('shodo-2'), false)
    rounds.tell('shodo-2', 13_000)
    hears(rounds, { perSecond: 20, fromMs: 13_100, toMs: 21_900 })
    assert.equal(rounds.holds('shodo-1'), true)
    hears(rounds, { perSecond: 20, fromMs: 22_000, toMs: 22_000 })
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

  it('go on in the next run, however short the runs are', () => {
    let rounds = atRest()
    const toldAtMs: number[] = []
    for (let ms = 0; ms <= 30_000; ms += 500) {
      rounds = new Rounds(ms, ms / 10, JSON.parse(JSON.stringify(rounds.carried)))
      rounds.look(ms / 10, ms)
      if (rounds.holds('shodo-1')) continue
      rounds.tell('shodo-1', ms)
      toldAtMs.push(ms)
    }
    assert.equal(rounds.isStorm, true)
    assert.deepEqual(toldAtMs, [0, 12_000, 22_000])
  })

  it('believe no time of the run before that is later than now', () => {
    const told = { everybody: true, incidents: [] }
    const rounds = new Rounds(1_000, 5, {
      beganMs: 900_000,
      lookedMs: 900_000,
      heard: 5,
      isStorm: false,
      told,
    })
    assert.equal(rounds.leftMs(1_000), 2_000)
    rounds.look(5, 3_000)
    assert.equal(rounds.holds('shodo-1'), false)
  })
})
