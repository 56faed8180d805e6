import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

/**
 * Canonical JSON: keys sorted by code unit, no white space, undefined members dropped (as RFC 8785 for our value range).
 * Two values are the same for us exactly when these strings are equal.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const given = value as Readonly<Record<string, unknown>>
  const members = Object.keys(given)
    .filter((key) => given[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(given[key])}`)
  return `{${members.join(',')}}`
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
  const digits: string[] = []
  for (const byte of sha256(utf8ToBytes(text))) digits.push(hexOf[byte] ?? '')
  // Put together piece by piece it would be held as a chain of pieces, ten times as large.
  return digits.join('')
}

const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** SHA-256 over the canonical JSON of a value, 64 hex digits. */
export function digest(value: unknown): string {
  return sha256Hex(canonicalJson(value))
}
