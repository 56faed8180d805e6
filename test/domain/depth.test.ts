import assert from 'node:assert/strict'
import { depthOf, isTooDeep, mostNested } from '../../domain/depth.ts'

const depth = (json: string) => depthOf(new TextEncoder().encode(json))

describe('the depth of a JSON text', () => {
  it('is that of its brackets of both kinds, at the deepest place', () => {
    for (const [json, deep] of [
      ['1', 0],
      ['[]', 1],
      ['{"a":1}', 1],
      ['[{"a":[1]},[]]', 3],
      ['[[[]],[[[[]]]],[]]', 5],
      ['[[[', 3],
    ] as const)
      assert.equal(depth(json), deep, json)
  })

  it('counts brackets alone, whatever else stands there', () => {
    const others = Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code)).filter(
      (character) => !/[[\]{}"]/.test(character),
    )
    for (const other of others) assert.equal(depth(`${other}[${other}]`), 1, JSON.stringify(other))
  })

  it('does not count what stands in texts, whatever is escaped in them', () => {
    for (const json of [
      '["[[[{{{"]',
      '["\\"[[[{"]',
      '["\\\\\\"[["]',
      '{"[[":"]]"}',
      '["火["]',
      '["\\u005b["]',
    ])
      assert.equal(depth(json), 1, json)
    // The text ends behind an escaped backslash.
    assert.equal(depth('["\\\\",[[1]]]'), 3)
    assert.equal(depth('["a",["b"]]'), 2)
  })
})

describe('what may be nested', () => {
  it('is less for each kind that stands within another one', () => {
    assert.deepEqual(Object.entries(mostNested), [
      ['json', 100],
      ['message', 60],
      ['runbook', 50],
      ['params', 20],
    ])
  })
})

describe('the depth of a value', () => {
  const nested = (levels: number, wrap: (inner: unknown) => unknown) => {
    let value: unknown = 'bottom'
    for (let i = 0; i < levels; i += 1) value = wrap(value)
    return value
  }

  it('is too much beyond 60 levels, of lists and of objects, without falling over 100,000', () => {
    for (const wrap of [(inner: unknown) => [1, inner], (inner: unknown) => ({ a: null, inner })]) {
      assert.equal(isTooDeep(nested(60, wrap)), false)
      assert.equal(isTooDeep(nested(61, wrap)), true)
      assert.equal(isTooDeep(nested(100_000, wrap)), true)
    }
    for (const flat of [undefined, null, 0, 'x'.repeat(1_000), [], {}]) assert.equal(isTooDeep(flat), false)
  })
})
