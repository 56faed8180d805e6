import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

/**
 * Canonical JSON: keys sorted by code unit, no white space, undefined members dropped (as RFC 8785 for our value range).
 * Two values are the same for us exactly when these strings are equal.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return arrayOf(value)
  // Each event of every workflow goes through here several times: nothing is made that is thrown away at once.
  const given = value as Readonly<Record<string, unknown>>
  let json = ''
  for (const key of inOrder(Object.keys(given))) {
    const member = given[key]
    if (member !== undefined) json += `${json === '' ? '' : ','}${nameOf(key)}:${canonicalJson(member)}`
  }
  return `{${json}}`
}

function arrayOf(items: readonly unknown[]): string {
  let json = ''
  for (let i = 0; i < items.length; i += 1) json += `${i === 0 ? '' : ','}${canonicalJson(items[i])}`
  return `[${json}]`
}

/** Most are in order already, and sorting copies them. */
function inOrder(keys: string[]): readonly string[] {
  for (let i = 1; i < keys.length; i += 1) if ((keys[i] ?? '') < (keys[i - 1] ?? '')) return keys.sort()
  return keys
}

const plain = /^[\w-]*$/

function nameOf(key: string): string {
  return plain.test(key) ? `"${key}"` : JSON.stringify(key)
}

/** Whether two values have the same canonical JSON. Most have their members in the same order as well, which is seen ten times as fast. */
export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b) || canonicalJson(a) === canonicalJson(b)
}

/** How many bytes a text takes in UTF-8. */
export function utf8Length(text: string): number {
  return utf8ToBytes(text).length
}

/** How many bytes a value takes where it travels: its JSON in UTF-8. */
export function jsonBytes(value: unknown): number {
  return utf8Length(JSON.stringify(value))
}

/** SHA-256 of a text, 64 hex digits. @noble because neither node:crypto nor WebCrypto exists in workflow code. */
export function sha256Hex(text: string): string {
  const hash = sha256(utf8ToBytes(text))
  for (let i = 0; i < hash.length; i += 1) {
    const byte = hash[i] ?? 0
    digits[2 * i] = hexDigits[byte >> 4] ?? 0
    digits[2 * i + 1] = hexDigits[byte & 15] ?? 0
  }
  // Put together piece by piece it would be held as a chain of pieces, ten times as large.
  return String.fromCharCode(...digits)
}

const hexDigits = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
/** Written anew for each hash. */
const digits: number[] = new Array(64).fill(0)

/** SHA-256 over the canonical JSON of a value, 64 hex digits. */
export function digest(value: unknown): string {
  return sha256Hex(canonicalJson(value))
}
