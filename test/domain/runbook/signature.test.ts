import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { present } from '../../../domain/present.ts'
import { guardedWords, signedOf } from '../../../domain/runbook/guarded.ts'
import { automaticKeys, publishedKeys } from '../../../domain/runbook/published.ts'
import type { Runbook } from '../../../domain/runbook/runbook.ts'
import {
  isGenuine,
  type Signature,
  type SignerKey,
  signaturesFor,
  signatureText,
  signersProblem,
  standing,
} from '../../../domain/runbook/signature.ts'
import { digest } from '../../../domain/timeline/canonical.ts'
import { said } from '../../../domain/words.ts'
import { smallBook } from '../incident/small-runbook.ts'

const book = smallBook({ programs: true })
const signed = signedOf(book)
const sixty = '0'.repeat(86)
const by = (person: string, change: Partial<Signature> = {}): Signature => ({
  by: person,
  at: '2026-11-24T03:00:00.000Z',
  sha256: signed.sha256,
  guarded: signed.guarded,
  signature: sixty,
  ...change,
})

describe('the guarded words of a runbook', () => {
  /** What people read, and whom it calls: the list that SECURITY.md gives. */
  const free =
    /^(title|timezone|updated|nextReview|links|firstResponse|afterwards|escalation|people)\b|\.(title\.(ja|en)|updateEvery)$/

  it('are all of it but titles, dates, links, checklists and whom it calls', () => {
    const guarded: string[] = []
    for (const path of leavesOf(book)) {
      const name = path.join('.')
      const changed = digest(guardedWords(withAnother(book, path))) !== signed.guarded
      assert.equal(changed, !free.test(name), name)
      if (!changed) assert.deepEqual(taken(withAnother(book, path)), taken(book), `a worker takes ${name}`)
      if (changed) guarded.push(name)
    }
    for (const wanted of [
      /\.argv\.0$/,
      /\.health$/,
      /^cluster$/,
      /^namespace$/,
      /\.automatic\.0$/,
      /^approvals\./,
    ])
      assert.ok(
        guarded.some((name) => wanted.test(name)),
        `${wanted}: ${guarded.join(' ')}`,
      )
    assert.ok(guarded.includes('blastRadius.readyPodsPercent'))
  })

  it('hold what a service is called, also where that is the name of a free member', () => {
    const [service] = Object.values(book.services)
    assert.ok(service !== undefined)
    for (const name of ['title', 'people', 'escalation', 'links']) {
      const more = { ...book, services: { ...book.services, [name]: service } }
      assert.notEqual(digest(guardedWords(more)), signed.guarded, name)
    }
  })

  it('are those of one runbook', () => {
    assert.notEqual(signedOf({ ...book, runbook: 'other' }).guarded, signed.guarded)
  })
})

describe('the signatures of a runbook', () => {
  it('are enough with the book by one person and its guarded words by two', () => {
    const earlier = { sha256: 'e'.repeat(64) }
    const cases: readonly (readonly [readonly Signature[], boolean])[] = [
      [[], false],
      [[by('mori')], false],
      [[by('mori'), by('Mori'), by('ｍｏｒｉ')], false],
      [[by('mori'), by('sato')], true],
      [[by('mori'), by('sato', earlier)], true],
      [[by('mori', earlier), by('sato', earlier)], false],
      [[by('mori'), by('sato', { guarded: 'f'.repeat(64) })], false],
      [[by('mori', { guarded: 'f'.repeat(64) }), by('sato', earlier), by('kato', earlier)], false],
    ]
    for (const [given, enough] of cases)
      assert.equal(standing(signed, given).isEnough, enough, JSON.stringify(given))
  })

  it('name each person once, and when this very book was signed last', () => {
    const late = '2026-11-25T03:00:00.000Z'
    const later = '2026-11-26T03:00:00.000Z'
    const all = [
      by('mori'),
      by('sato', { at: late }),
      by('MORI'),
      by('kato', { at: later, sha256: 'e'.repeat(64) }),
    ]
    const { book: ofBook, guarded, signedAtMs } = standing(signed, all)
    assert.deepEqual(
      [ofBook, guarded, signedAtMs],
      [['mori', 'sato'], ['mori', 'sato', 'kato'], Date.parse(late)],
    )
  })

  it('are carried on while the guarded words stay: of each person the one under this book, then the newest', () => {
    const old = by('mori', { sha256: 'e'.repeat(64), at: '2026-11-27T03:00:00.000Z' })
    const again = by('mori', { at: '2026-11-25T03:00:00.000Z', signature: '1'.repeat(86) })
    const sato = by('sato', { sha256: 'e'.repeat(64) })
    const gone = by('kato', { guarded: 'f'.repeat(64) })
    assert.deepEqual(signaturesFor(signed, [old, by('mori'), sato, again, gone]), [again, sato])
    assert.equal(
      signaturesFor(
        signed,
        Array.from({ length: 30 }, (_, i) => by(`person${i}`)),
      ).length,
      10,
    )
  })

  it('are genuine by the key of that person or of the API, for that book, person and moment alone', () => {
    const [mori, sato, api] = [pair(), pair(), pair()]
    const keys = [keyOf(mori.publicKey, 'mori'), keyOf(sato.publicKey, 'sato'), keyOf(api.publicKey)]
    const made = (person: string, key: KeyObject): Signature => {
      const unsigned = by(person)
      const text = Buffer.from(signatureText(book.runbook, unsigned))
      return { ...unsigned, signature: sign(null, text, key).toString('base64url') }
    }
    const genuine = made('mori', mori.privateKey)
    assert.equal(isGenuine(book.runbook, genuine, keys), true)
    assert.equal(isGenuine(book.runbook, made('Mori', mori.privateKey), keys), true)
    assert.equal(isGenuine(book.runbook, made('kato', api.privateKey), keys), true)
    const forged: readonly Signature[] = [
      made('sato', mori.privateKey),
      { ...genuine, by: 'sato' },
      { ...genuine, at: '2026-11-24T03:00:00.001Z' },
      { ...genuine, sha256: 'f'.repeat(64) },
      { ...genuine, guarded: 'f'.repeat(64) },
    ]
    for (const each of forged) assert.equal(isGenuine(book.runbook, each, keys), false, JSON.stringify(each))
    assert.equal(isGenuine('other', genuine, keys), false)
    assert.equal(isGenuine(book.runbook, genuine, keys.slice(1)), false)
  })

  it('are of people with one file each', () => {
    assert.equal(signersProblem(['mori', 'sato']), undefined)
    assert.match(said(signersProblem(['mori', 'Mori'])).en, /one file/)
    assert.match(said(signersProblem(['hikeshi'])).en, /name of a person/)
  })
})

/** All that a worker takes from a book. */
function taken(from: Runbook): readonly string[] {
  return [...publishedKeys(from), ...automaticKeys(from)]
}

const pair = () => generateKeyPairSync('ed25519')

function keyOf(key: KeyObject, person?: string): SignerKey {
  return {
    ...present({ person }),
    verifies: (text, given) => verify(null, Buffer.from(text), key, Buffer.from(given, 'base64url')),
  }
}

type Path = readonly (string | number)[]

function leavesOf(value: unknown, path: Path = []): readonly Path[] {
  if (value === null || typeof value !== 'object') return [path]
  if (Array.isArray(value)) return value.flatMap((each, i) => leavesOf(each, [...path, i]))
  return Object.entries(value).flatMap(([name, each]) => leavesOf(each, [...path, name]))
}

function withAnother(from: Runbook, path: Path): Runbook {
  const copy = structuredClone(from)
  let at = copy as unknown as Record<string | number, unknown>
  for (const name of path.slice(0, -1)) at = at[name] as typeof at
  const last = path.at(-1) ?? assert.fail()
  at[last] = `${at[last]} changed`
  return copy
}
