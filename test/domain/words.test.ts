import assert from 'node:assert/strict'
import { cutTo } from '../../domain/words.ts'

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
