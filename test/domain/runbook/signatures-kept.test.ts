import assert from 'node:assert/strict'
import {
  type Signature,
  signaturesFor,
  signaturesHeld,
  signedSince,
  standing,
} from '../../../domain/runbook/signature.ts'

const signed = { runbook: 'shodo', sha256: 'a'.repeat(64), guarded: 'b'.repeat(64) }
const noon = Date.UTC(2026, 10, 24, 3)
const minute = 60_000

const by = (person: string, minutes = 0, change: Partial<Signature> = {}): Signature => ({
  by: person,
  at: new Date(noon + minutes * minute).toISOString(),
  sha256: signed.sha256,
  guarded: signed.guarded,
  signature: `${person}${minutes}`,
  ...change,
})
const earlier = { sha256: 'e'.repeat(64) }
const other = { guarded: 'f'.repeat(64) }
const people = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => by(`person${from + i}`))

describe('signatures that a desk has', () => {
  it('speak for other words than those in force only where they are later', () => {
    const all = [by('mori', -1), by('sato', 0), by('kato', 1)]
    const inForce = { guarded: other.guarded, signedAtMs: noon }
    assert.deepEqual(signedSince(signed, undefined, all), all)
    assert.deepEqual(signedSince(signed, { ...inForce, guarded: signed.guarded }, all), all)
    assert.deepEqual(signedSince(signed, inForce, all), [by('kato', 1)])
    assert.deepEqual(signedSince(signed, { ...inForce, signedAtMs: noon - 1 }, all), all.slice(1))
  })

  it('say when the book was signed last, and 0 where it never was', () => {
    assert.equal(standing(signed, []).signedAtMs, 0)
    assert.equal(standing(signed, [by('mori', 5, earlier), by('sato', 5, other)]).signedAtMs, 0)
    assert.equal(standing(signed, [by('mori', 2), by('sato', 1)]).signedAtMs, noon + 2 * minute)
  })

  it('are of each person the one under this book, else the newest, wherever they stand', () => {
    const [old, late, latest] = [by('mori', 0), by('mori', 1), by('mori', 9, earlier)]
    for (const given of [
      [old, late, latest],
      [latest, late, old],
      [late, latest, old],
    ])
      assert.deepEqual(signaturesFor(signed, given), [late])
    assert.deepEqual(signaturesFor(signed, [by('mori', 1, earlier), latest]), [latest])
    assert.deepEqual(signaturesFor(signed, [by('mori', 0, other)]), [])
    assert.deepEqual(signaturesFor(signed, people(0, 11)), people(0, 10))
    assert.deepEqual(signaturesFor(signed, [by('kato', 3, earlier), by('mori')]), [
      by('mori'),
      by('kato', 3, earlier),
    ])
  })

  it('are held as they came first, of ten people', () => {
    const held = signaturesHeld(signed, people(0, 9), people(5, 12))
    assert.deepEqual(held, people(0, 10))
  })

  it('are held beside the newest of the same person under this book, and the first under an earlier one', () => {
    const [first, second, third] = [by('mori', 5), by('MORI', 7), by('mori', 6)]
    assert.deepEqual(signaturesHeld(signed, [first], [second, third]), [first, second])
    assert.deepEqual(signaturesHeld(signed, [first], [third, second]), [first, second])
    assert.deepEqual(signaturesHeld(signed, [first], [by('mori', 1)]), [first, by('mori', 1)])
    // The same once more is nothing new.
    assert.deepEqual(signaturesHeld(signed, [first], [first, first]), [first])
    const [before, later] = [by('mori', 1, earlier), by('mori', 2, earlier)]
    assert.deepEqual(signaturesHeld(signed, [before], [later]), [before])
    assert.deepEqual(signaturesHeld(signed, [before, by('sato')], [first]), [first, by('sato'), before])
    assert.deepEqual(signaturesHeld(signed, [by('mori', 1, other)], [by('sato', 1, other)]), [])
  })
})
