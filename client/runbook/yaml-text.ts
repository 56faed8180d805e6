/** From bytes to a text that is safe to hand to the YAML parser. Each refusal is one sentence that says what to do. */
import { Lexer } from 'yaml'
import { mostNested } from '../../domain/depth.ts'
import type { Text } from '../../domain/words.ts'

/** Far above any runbook that fits a snapshot, far below what makes a parser slow. */
export const fileLimitBytes = 512 * 1024

/** 1-based; columns count UTF-16 units, as editors do. */
export type Place = { readonly line: number; readonly column: number }

export type Refusal = Place & { readonly expected: Text; readonly got: Text }

const start: Place = { line: 1, column: 1 }

/** The text of a runbook file, or why it is none. */
export function yamlText(bytes: Uint8Array): { readonly text: string } | { readonly refusal: Refusal } {
  if (bytes.length > fileLimitBytes) {
    return refuse(
      start,
      { en: `a file of at most ${fileLimitBytes} bytes`, ja: `${fileLimitBytes} バイト以下のファイル` },
      { en: `${bytes.length} bytes or more`, ja: `${bytes.length} バイト以上` },
    )
  }
  const text = utf8(bytes)
  if (text === undefined) {
    return refuse(
      start,
      { en: 'text in UTF-8', ja: 'UTF-8 の文字列' },
      say('other bytes', 'それ以外のバイト列'),
    )
  }
  if (text.startsWith('\uFEFF')) {
    return refuse(
      start,
      {
        en: 'UTF-8 without a byte order mark (save it as "UTF-8", not "UTF-8 with BOM")',
        ja: 'BOM なしの UTF-8（「UTF-8」で保存し直してください）',
      },
      say('a byte order mark', 'BOM'),
    )
  }
  const carriage = text.indexOf('\r')
  if (carriage >= 0) {
    return refuse(
      placeOf(text, carriage),
      { en: 'lines that end in LF (\\n)', ja: 'LF (\\n) の改行' },
      say('a carriage return (\\r)', 'CR (\\r)'),
    )
  }
  if (isBlank(text)) {
    return refuse(start, { en: 'a runbook', ja: 'Runbook' }, say('an empty file', '空のファイル'))
  }
  const deep = firstTooDeep(text)
  if (deep !== undefined) {
    return refuse(
      placeOf(text, deep),
      { en: `nesting of at most ${mostNested.runbook} levels`, ja: `${mostNested.runbook} 段以下の入れ子` },
      say('a deeper one', 'それより深い入れ子'),
    )
  }
  return { text }
}

/** Where an offset stands in a text. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function isBlank(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(#.*)?$/.test(line))
}

/** Each block level needs at least one column more than the one above it. */
const indentLimit = 400

/**
 * The parser recurses, and deep nesting does not end in an error that can be caught: it killed the whole process
 * (`RegExpCompiler Allocation failed`). So depth is measured on the flat list of tokens before anything is parsed.
 */
function firstTooDeep(text: string): number | undefined {
  let offset = 0
  let flow = 0
  let block = 0
  let isScalar = false
  for (const token of new Lexer().lex(text)) {
    // The lexer announces documents and scalars with control characters that are not in the text.
    if (token === '\u0002' || token === '\u0018' || token === '\u001f') {
      isScalar = token === '\u001f'
      continue
    }
    if (!isScalar) {
      if (token === '[' || token === '{') flow += 1
      else if (token === ']' || token === '}') flow = Math.max(0, flow - 1)
      else if (token === '-' || token === '?') block += 1
      else if (token.includes('\n')) block = 0
      if (flow > mostNested.runbook || block > mostNested.runbook) return offset
      if (/^ +$/.test(token) && token.length > indentLimit) return offset
    }
    isScalar = false
    offset += token.length
  }
  return undefined
}

function refuse(place: Place, expected: Text, got: Text): { readonly refusal: Refusal } {
  return { refusal: { ...place, expected, got } }
}

function say(en: string, ja: string): Text {
  return { en, ja }
}
