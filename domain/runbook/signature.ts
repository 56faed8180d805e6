/**
 * Signatures under a runbook. Whoever may write to Temporal may publish; a worker that knows the signers' keys takes nothing from a book
 * but what people have signed (docs/signing.md). Here is what is signed and what signatures are worth; keys are kept elsewhere.
 */

import { z } from 'zod'
import { expected, expects } from '../expected.ts'
import { isSamePerson, peopleIn, personKey, personName } from '../person.ts'
import { canonicalJson } from '../timeline/canonical.ts'
import type { Text } from '../words.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, expects('64 hex digits', '16 進数 64 桁'))

export const signature = z.strictObject({
  /** The person who signs. */
  by: personName,
  at: z.iso.datetime(),
  /** Of the whole book, as it was signed. */
  sha256,
  /** Of its guarded words. */
  guarded: sha256,
  /** 64 bytes of Ed25519 in base64url. */
  signature: z
    .string()
    .regex(/^[A-Za-z0-9_-]{86}$/, expects('an Ed25519 signature in base64url', 'base25519url の Ed64 署名')),
})
export type Signature = z.infer<typeof signature>

/** As many as a published book keeps, one of each person. */
export const signaturesKept = 10

/** What a signature is held against. */
export type Signed = { readonly runbook: string; readonly sha256: string; readonly guarded: string }

const version = 'hikeshi-runbook-v1'

/** The text that is signed. Canonical JSON, so that no name can be written to read as another field. */
export function signatureText(
  runbook: string,
  { by, at, sha256, guarded }: Omit<Signature, 'signature'>,
): string {
  return `${version}\n${canonicalJson({ runbook, by, at, sha256, guarded })}`
}

/** Different people whose signatures the guarded words take; the book itself takes one of them. */
export const guardedSigners = 2

export type Standing = {
  /** Who signed this very book, and who its guarded words, be it in an earlier version. */
  readonly book: readonly string[]
  readonly guarded: readonly string[]
  readonly isEnough: boolean
  /** When this very book was signed last, epoch ms; older versions are known by it. */
  readonly signedAtMs: number
}

/** What these signatures are worth for a book, if each is who it says. */
export function standing({ sha256, guarded }: Signed, signatures: readonly Signature[]): Standing {
  const ofGuarded = signatures.filter((each) => each.guarded === guarded)
  const ofBook = ofGuarded.filter((each) => each.sha256 === sha256)
  const people = namesOf(ofGuarded)
  return {
    book: namesOf(ofBook),
    guarded: people,
    isEnough: ofBook.length > 0 && people.length >= guardedSigners,
    signedAtMs: Math.max(0, ...ofBook.map(({ at }) => Date.parse(at))),
  }
}

/**
 * Those that may speak for a book where another one is in force: whoever wants other guarded words signs them again. What was signed before
 * the words in force is no consent to go back to it.
 */
export function signedSince(
  { guarded }: Pick<Signed, 'guarded'>,
  inForce: { readonly guarded: string; readonly signedAtMs: number } | undefined,
  signatures: readonly Signature[],
): readonly Signature[] {
  if (inForce === undefined || inForce.guarded === guarded) return signatures
  return signatures.filter(({ at }) => Date.parse(at) > inForce.signedAtMs)
}

/** Each person once, by the spelling of the first. */
function namesOf(signatures: readonly Signature[]): readonly string[] {
  const names = signatures.map(({ by }) => by)
  return names.filter((name, i) => names.findIndex((other) => isSamePerson(other, name)) === i)
}

/** Those that count for a book, of each person the one under this very book, and of several the newest. */
export function signaturesFor({ sha256, guarded }: Signed, all: readonly Signature[]): readonly Signature[] {
  const rank = (each: Signature) => Number(each.sha256 === sha256)
  const best = all
    .filter((each) => each.guarded === guarded)
    .toSorted((a, b) => rank(b) - rank(a) || Date.parse(b.at) - Date.parse(a.at))
  const first = new Map<string, Signature>()
  for (const each of best) if (!first.has(personKey(each.by))) first.set(personKey(each.by), each)
  return [...first.values()].slice(0, signaturesKept)
}

/**
 * What a desk keeps of those that count for a book, the ones that it has first. It cannot tell a good signature from another, so none takes
 * the place of one that is there: of each person the first under this very book and the newest beside it (of a new key), and the first under
 * an earlier one.
 */
export function signaturesHeld(
  { sha256, guarded }: Signed,
  held: readonly Signature[],
  given: readonly Signature[],
): readonly Signature[] {
  const counting = [...held, ...given].filter((each) => each.guarded === guarded)
  const people = [...new Set(counting.map(({ by }) => personKey(by)))].slice(0, signaturesKept)
  const kept = people.map((person) => {
    const own = counting.filter(({ by }) => personKey(by) === person)
    const [first, ...others] = own.filter((each) => each.sha256 === sha256)
    const [newest] = others
      .filter(({ signature }) => signature !== first?.signature)
      .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
    return { ofBook: [first, newest], earlier: own.find((each) => each.sha256 !== sha256) }
  })
  const all = [...kept.flatMap(({ ofBook }) => ofBook), ...kept.map(({ earlier }) => earlier)]
  return all.filter((each) => each !== undefined)
}

/** A public key that somebody trusts: a person's own, or the API's, which names the person itself. */
export type SignerKey = {
  readonly person?: string
  readonly verifies: (text: string, signatureBase64Url: string) => boolean
}

/** Whether one of the keys signed this, and may sign for this person. */
export function isGenuine(runbook: string, given: Signature, keys: readonly SignerKey[]): boolean {
  const text = signatureText(runbook, given)
  const own = keys.filter(({ person }) => person === undefined || personKey(person) === personKey(given.by))
  return own.some(({ verifies }) => verifies(text, given.signature))
}

/** Why these people's key files cannot be meant; the file's name is the person. */
export function signersProblem(people: readonly string[]): Text | undefined {
  const unfit = people.find((person) => !personName.safeParse(person).success)
  if (unfit !== undefined)
    return expected(`the name of a person before .pub, got ${unfit}`, `.pub の前に人の名前（実際: ${unfit}）`)
  return peopleIn(people) === people.length
    ? undefined
    : expected('one file per person', '1 人につき 1 ファイル')
}
