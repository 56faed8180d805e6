/** Texts from outside, made safe to show: logs and messages can carry terminal escapes that move the cursor or forge lines. */

import { replaceInvisible } from '../domain/invisible.ts'
import { said, type Words } from '../domain/words.ts'

// ECMA-48: control sequences (CSI … final byte), strings such as a window title (OSC, DCS, APC, PM, SOS … BEL or ST), other two-byte escapes.
const escapes =
  /(?:\x1b\[|\x9b)[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[\x20-\x7e]?/g

export function plainText(source: string): string {
  return replaceInvisible(source.replace(/\r\n?/g, '\n').replace(escapes, ''), () => '')
}

/** One line of at most `max` characters, for the middle of a sentence. */
export function plainLine(source: string, max = 300): string {
  const line = plainText(source).replace(/\s+/g, ' ').trim()
  const characters = [...line]
  return characters.length <= max ? line : `${characters.slice(0, max - 1).join('')}…`
}

/** The first bytes of a text, cut between characters. */
export function firstBytes(source: string, maxBytes: number): string {
  const bytes = Buffer.from(source)
  if (bytes.length <= maxBytes) return source
  let end = maxBytes
  while (end > 0 && isContinuation(bytes[end])) end--
  return bytes.subarray(0, end).toString()
}

/** Parts of an excerpt, one below the other, cut to so many bytes in each language. */
export function excerptOf(parts: readonly Words[], maxBytes: number, between = '\n'): Words {
  const cut = (lines: readonly string[]) => firstBytes(lines.join(between), maxBytes)
  const quoted = parts.filter((part) => typeof part === 'string')
  if (quoted.length === parts.length) return cut(quoted)
  return { en: cut(parts.map((part) => said(part).en)), ja: cut(parts.map((part) => said(part).ja)) }
}

/** The last whole lines that fit: of a log the newest lines count. */
export function lastLines(lines: readonly string[], maxBytes: number): string[] {
  const kept: string[] = []
  let size = 0
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = firstBytes(lines[i] ?? '', maxBytes)
    size += Buffer.byteLength(line) + 1
    if (size > maxBytes) break
    kept.push(line)
  }
  return kept.reverse()
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000
}
