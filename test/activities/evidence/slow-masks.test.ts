import assert from 'node:assert/strict'
import { slowMasks } from '../../../activities/evidence/slow-masks.ts'

const rule = (name: string, source: string) => ({ name, pattern: new RegExp(source, 'gm') })

describe('masks of the team', () => {
  it('are named if long lines make them slow, before they have held up a worker', () => {
    const begun = performance.now()
    const said = slowMasks([
      rule('customer', 'C\\d{8}'),
      rule('phone', 'tel (?<number>[\\d-]+)'),
      rule('bounded', '\\b[\\w.]{1,64}@example'),
      rule('nested', '(?:x+x+)+y'),
      rule('square', '[\\w.]+@[\\w.]+[\\w.]+$'),
    ])
    assert.deepEqual(
      said.map(({ en }) => /the mask (\w+) takes over 200 ms on a line of 65536 characters/.exec(en)?.[1]),
      ['nested', 'square'],
    )
    assert.ok(said.every(({ ja }) => ja.includes('65536 文字の行')))
    assert.ok(performance.now() - begun < 10_000)
  })
})
