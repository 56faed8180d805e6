import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { canonicalJson, digest, isSame, jsonBytes, sha256Hex } from '../../../domain/timeline/canonical.ts'

/** The same value with the members of every object in another order. */
function shuffled(value: unknown, roll: number): unknown {
  if (Array.isArray(value)) return value.map((member) => shuffled(member, roll))
  if (value === null || typeof value !== 'object') return value
  const members = Object.entries(value).map(([key, member]) => [key, shuffled(member, roll)] as const)
  const turn = members.length === 0 ? 0 : roll % members.length
  return Object.fromEntries([...members.slice(turn), ...members.slice(0, turn)].reverse())
}

const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' })

describe('canonical JSON', () => {
  it('sorts members by code unit at every depth and writes no white space', () => {
    const value = { b: [{ z: 1, a: 2 }], B: null, a: { 2: 'x', 10: 'y' }, é: true, 火: 1.5, '🔥': -0 }
    assert.equal(
      canonicalJson(value),
      '{"B":null,"a":{"10":"y","2":"x"},"b":[{"a":2,"z":1}],"é":true,"火":1.5,"🔥":0}',
    )
  })

  it('drops members that are undefined; in a list undefined is null, as in JSON', () => {
    assert.equal(
      canonicalJson({ a: undefined, b: [undefined, 1], c: { d: undefined } }),
      '{"b":[null,1],"c":{}}',
    )
    assert.equal(canonicalJson(undefined), 'null')
  })

  it('escapes control characters and lone surrogates, and leaves emoji and Japanese as they are', () => {
    assert.equal(canonicalJson('\u0000\u001b[2J\n"\\'), '"\\u0000\\u001b[2J\\n\\"\\\\"')
    assert.equal(canonicalJson('\ud83d'), '"\\ud83d"')
    assert.equal(canonicalJson('👨‍👩‍👧 火消し'), '"👨‍👩‍👧 火消し"')
  })

  it('sorts by code unit, not by character: an emoji stands before U+FF5E', () => {
    assert.equal(canonicalJson({ '～': 1, '🔥': 2 }), '{"🔥":2,"～":1}')
  })

  it('does not tell different writings of a letter to be the same', () => {
    assert.notEqual(canonicalJson('é'), canonicalJson('e\u0301'))
  })

  it('is the same for the same value in any order of members, and reads back as the value', () => {
    fc.assert(
      fc.property(json, fc.nat(50), (value, roll) => {
        const text = canonicalJson(value)
        assert.equal(canonicalJson(shuffled(value, roll)), text)
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 500 },
    )
  })

  it('differs where values differ', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        const same = canonicalJson(one) === canonicalJson(other)
        let equal = true
        try {
          assert.deepEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)))
        } catch {
          equal = false
        }
        assert.equal(same, equal)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the size of a value', () => {
  it('is that of its JSON in UTF-8', () => {
    assert.equal(jsonBytes({ a: '火🔥' }), Buffer.byteLength('{"a":"火🔥"}'))
  })
})

describe('digests', () => {
  it('are those of SHA-256', () => {
    assert.equal(sha256Hex(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    assert.equal(sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    assert.equal(digest({ 火: '消し' }), createHash('sha256').update('{"火":"消し"}').digest('hex'))
  })

  it("are those of Node's own SHA-256 for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        assert.equal(sha256Hex(text), createHash('sha256').update(text, 'utf8').digest('hex'))
      }),
    )
  })

  it('is what two values are compared by, in whatever order their members stand', () => {
    fc.assert(
      fc.property(json, json, fc.nat(20), (a, b, roll) => {
        assert.ok(isSame(a, shuffled(a, roll)))
        assert.ok(isSame({ a, b: undefined }, { a }))
        assert.equal(isSame(a, b), canonicalJson(a) === canonicalJson(b))
      }),
    )
  })
})
