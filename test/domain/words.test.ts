import assert from 'node:assert/strict'
import { cutTo } from '../../domain/words.ts'

describe('a text that is cut', () => {
  it('leaves out a character that would be cut in half', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 9].map((length) => cutTo('a🔥b', length)),
      ['', 'a', 'a', 'a🔥', 'a🔥b', 'a🔥b'],
    )
  })
})
