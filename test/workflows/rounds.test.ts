import assert from 'node:assert/strict'
import { Rounds } from '../../workflows/desk/rounds.ts'

describe('rounds in which open incidents are told', () => {
  /** How long the round lasts that follows on one in which these messages were under way, `[from, to]` in ms. */
  function roundAfter(...messages: readonly (readonly [from: number, to: number])[]): number {
    const rounds = new Rounds()
    const at = messages.flatMap(([from, to], i) => [
      { ms: from, happens: () => rounds.begin(`shodo-${i}`, from) },
      { ms: to, happens: () => rounds.end(to) },
    ])
    for (const { happens } of at.toSorted((a, b) => a.ms - b.ms)) happens()
    assert.equal(rounds.has('shodo-0'), true)
    rounds.next(100_000)
    assert.equal(rounds.has('shodo-0'), false)
    rounds.begin('shodo-0', 100_000)
    return rounds.leftMs(100_000)
  }

  it('last two seconds while telling takes less than a twentieth of that', () => {
    assert.equal(roundAfter([0, 40]), 2_000)
    assert.equal(roundAfter([0, 100], [50, 100]), 2_000)
  })

  it('last twenty times what telling took, however many were told at once, and ten seconds at most', () => {
    assert.equal(roundAfter([0, 300], [0, 300], [100, 400]), 8_000)
    assert.equal(roundAfter([0, 100], [1_500, 1_700]), 6_000)
    assert.equal(roundAfter([0, 5_000]), 10_000)
  })

  it('last as long where messages are under way all the time', () => {
    const rounds = new Rounds()
    rounds.begin('shodo-1', 0)
    rounds.begin('shodo-2', 150)
    rounds.end(200)
    rounds.next(300)
    rounds.begin('shodo-3', 300)
    assert.equal(rounds.leftMs(300), 6_000)
    rounds.next(700)
    rounds.begin('shodo-4', 700)
    assert.equal(rounds.leftMs(700), 8_000, 'what was told before counts for the round before')
  })

  it('begin where somebody waits who was not told yet', () => {
    const rounds = new Rounds()
    assert.equal(rounds.isOver(5), true)
    assert.equal(rounds.leftMs(1_000), 2_000)
    assert.equal(rounds.leftMs(2_500), 500)
    assert.equal(rounds.isOver(3_000), true)
  })
})
