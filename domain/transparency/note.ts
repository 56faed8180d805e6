/** A text with the lines of those who signed it (c2sp.org/signed-note). */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { fromBase64, toBase64 } from './base64.ts'

/** What a signature is: `log` the plain one over the text, `witness` one with a time. */
const kinds = { log: 1, witness: 4 } as const
export type SignatureKind = keyof typeof kinds

/** An Ed25519 public key, 32 bytes, and what checks with it. */
export type NoteKey = {
  readonly raw: Uint8Array
  readonly verifies: (text: string, signature: Uint8Array) => boolean
}

export type NoteSignature = {
  /** Who is said to have signed. */
  readonly name: string
  /** 8 hex digits: which key of that name it is said to be. */
  readonly keyId: string
  readonly signature: Uint8Array
}

export type Note = {
  /** What is signed, with its last newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** With more of them it is read by nobody. */
export const mostSignatures = 64

/** A name holds no space and no plus sign. */
export function isKeyName(name: string): boolean {
  return name.length <= 200 && /^[^\s\u0085+\p{Cc}]+$/u.test(name)
}

/** Undefined where it is no note, or not written in the one way there is. */
export function parseNote(source: string): Note | undefined {
  // Only a newline of all control characters.
  if (!source.endsWith('\n') || /[\0-\x09\x0b-\x1f]/.test(source)) return undefined
  const gap = source.lastIndexOf('\n\n')
  if (gap <= 0) return undefined
  const lines = source.slice(gap + 2, -1).split('\n')
  if (lines.length > mostSignatures) return undefined
  const signatures = lines.map(parseSignature)
  return signatures.every((line) => line !== undefined)
    ? { text: source.slice(0, gap + 1), signatures }
    : undefined
}

/** `— NAME BASE64`; undefined for any other line. */
export function parseSignature(line: string): NoteSignature | undefined {
  const [dash, name = '', coded = '', ...more] = line.split(' ')
  const bytes = fromBase64(coded)
  if (dash !== '—' || more.length > 0 || !isKeyName(name) || bytes === undefined || bytes.length < 5)
    return undefined
  return { name, keyId: bytesToHex(bytes.subarray(0, 4)), signature: bytes.subarray(4) }
}

export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map((line) => `${formatSignature(line)}\n`).join('')}`
}

export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  const id = Uint8Array.from(keyId.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
  return `— ${name} ${toBase64(concatBytes(id, signature))}`
}

/** The first four bytes of a digest over name, kind and public key, 8 hex digits. */
export function keyIdOf(name: string, kind: SignatureKind, raw: Uint8Array): string {
  const told = concatBytes(utf8ToBytes(name), Uint8Array.of(10, kinds[kind]), raw)
  return bytesToHex(sha256(told).subarray(0, 4))
}

/** A public key as others are given it: `NAME+ID+BASE64`. */
export function verifierKey(name: string, kind: SignatureKind, raw: Uint8Array): string {
  return `${name}+${keyIdOf(name, kind, raw)}+${toBase64(concatBytes(Uint8Array.of(kinds[kind]), raw))}`
}

/** The text signed under a name; `sign` makes the 64 bytes of Ed25519. */
export function signedNote(
  text: string,
  name: string,
  { raw, sign }: { readonly raw: Uint8Array; readonly sign: (text: string) => Uint8Array },
): Note {
  return { text, signatures: [{ name, keyId: keyIdOf(name, 'log', raw), signature: sign(text) }] }
}

/** Whether the key signed the text under this name. A line that says so and does not hold spoils the note. */
export function isSignedBy({ text, signatures }: Note, name: string, { raw, verifies }: NoteKey): boolean {
  const keyId = keyIdOf(name, 'log', raw)
  const own = signatures.filter((line) => line.name === name && line.keyId === keyId)
  return own.length > 0 && own.every(({ signature }) => signature.length === 64 && verifies(text, signature))
}
