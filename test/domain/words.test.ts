import assert from 'node:assert/strict'
import { actor, atLeast, cutTo, type Severity, severities, text } from '../../domain/words.ts'

describe('a text that is cut', () => {
  it('leaves out a character that would be cut in half', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 9].map((length) => cutTo('ab🔥c', length)),
      ['', 'a', 'ab', 'ab', 'ab🔥', 'ab🔥c', 'ab🔥c'],
    )
  })

  it('is left as it is where it is short enough, half a character at its end included', () => {
    assert.equal(cutTo('ab\ud83d', 3), 'ab\ud83d')
    assert.equal(cutTo('ab\ud83d', 9), 'ab\ud83d')
  })
})

describe('who acts', () => {
  const acts = (kind: string, id: string) => actor.safeParse({ kind, id, verified: false }).success

  it('has a name of 1 to 200 characters where it is no person, and all of them can be seen', () => {
    for (const kind of ['system', 'alert']) {
      const taken = ['', 'x', 'x'.repeat(200), 'x'.repeat(201), 'a\u200bb'].map((id) => acts(kind, id))
      assert.deepEqual(taken, [false, true, true, false, false], kind)
    }
  })

  it('is a person only with the name of one', () => {
    const names = ['sato', '森', 'x'.repeat(64), 'x'.repeat(65), 'hikeshi', 'a (b)', '']
    assert.deepEqual(
      names.map((id) => acts('person', id)),
      [true, true, true, false, false, false, false],
    )
    // Of others that rule says nothing.
    assert.deepEqual([acts('system', 'hikeshi'), acts('alert', 'a (b)')], [true, true])
  })
})

describe('severities', () => {
  it('are at least as bad as themselves and as all that stand behind them', () => {
    const worse = (a: Severity) => severities.filter((b) => atLeast(a, b))
    assert.deepEqual(severities.map(worse), [
      ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'],
      ['HIGH', 'MEDIUM', 'LOW'],
      ['MEDIUM', 'LOW'],
      ['LOW'],
    ])
  })
})

describe('a text in both languages', () => {
  it('is empty in none of them', () => {
    const fits = [
      ['a', 'b'],
      ['', 'b'],
      ['a', ''],
    ].map(([ja, en]) => text.safeParse({ ja, en }).success)
    assert.deepEqual(fits, [true, false, false])
  })
})
