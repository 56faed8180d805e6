/** Words of a shell: quotes, escapes, `$…`, and the placeholders that people write where a shell would see something else. */
import { type Cursor, matchHere, NotShell, peek, skipBracket, startsWith } from './cursor.ts'
import type { Part, Word } from './script.ts'

/** `[POD_NAME]`, `[全体/一部]`, `[CRITICAL|HIGH]`; not `[5m]`, `[]`, `[a-z]`. */
const squarePlaceholder = /\[(?!(?:\w-\w)+\])[\p{L}_][\p{L}\p{N}_ .|/-]{1,60}\]/uy
/** `<pod>`, `<your pod>`; `<in>out` is two redirections. */
const anglePlaceholder = /<[\p{L}_][\p{L}\p{N}_ .:/-]{0,60}>(?![\p{L}\p{N}])/uy
const curlyPlaceholder = /\{\{ ?[\w .-]{1,60}\}\}|\{[A-Za-z_][\w-]{0,60}\}/y
/** What stands for a name without any bracket. */
const namedSo = /^(your[-_]|my[-_]|xxx|example[-_])/i
const braces = /\{[^\s{}'"]*(?:,|\.\.)[^\s{}'"]*\}/y
const variable = /\$(?:[A-Za-z_]\w*|[0-9@*#?$!-])|\$\{[A-Za-z_]\w*\}/y
const plainRun = /[^\s;&|<>()\\'"$`[{*#]+/y
const quotedRun = /[^"\\$`[<{]+/y

/** The word that begins here; undefined where none does. */
export function wordAt(cursor: Cursor): Word | undefined {
  const from = cursor.at
  const parts: Part[] = []
  while (unquoted(cursor, parts)) {
    // Each turn takes one piece of the word.
  }
  if (cursor.at === from) return undefined
  const raw = cursor.text.slice(from, cursor.at)
  return { parts: named(joined(parts)), raw }
}

/** Takes one piece outside of quotes; false at the end of the word. */
function unquoted(cursor: Cursor, parts: Part[]): boolean {
  const character = peek(cursor)
  switch (character) {
    case '':
    case ' ':
    case '\t':
    case '\n':
    case ';':
    case '&':
    case '|':
    case '>':
    case '(':
    case ')':
      return false
    case '<':
      return placeholder(cursor, parts, anglePlaceholder)
    case '\\':
      if (peek(cursor, 1) !== '\n') parts.push({ kind: 'text', text: peek(cursor, 1) })
      cursor.at = Math.min(cursor.at + 2, cursor.text.length)
      return true
    case "'": {
      const end = cursor.text.indexOf("'", cursor.at + 1)
      if (end < 0) throw new NotShell('quote')
      parts.push({ kind: 'text', text: cursor.text.slice(cursor.at + 1, end) })
      cursor.at = end + 1
      return true
    }
    case '"':
      quoted(cursor, parts)
      return true
    case '$':
    case '`':
      dollar(cursor, parts)
      return true
    case '[':
      return placeholder(cursor, parts, squarePlaceholder) || one(cursor, parts, { kind: 'text', text: '[' })
    case '{':
      if (placeholder(cursor, parts, curlyPlaceholder)) return true
      return (
        taken(cursor, parts, braces, { kind: 'pattern' }) || one(cursor, parts, { kind: 'text', text: '{' })
      )
    case '*':
      return one(cursor, parts, { kind: 'pattern' })
    case '#':
      return one(cursor, parts, { kind: 'text', text: '#' })
    default: {
      const text = matchHere(cursor, plainRun) ?? character
      parts.push({ kind: 'text', text })
      cursor.at += text.length
      return true
    }
  }
}

/** A text in double quotes: only `$`, backticks and a few escapes mean something, and placeholders. */
function quoted(cursor: Cursor, parts: Part[]): void {
  parts.push({ kind: 'text', text: '' })
  cursor.at += 1
  for (;;) {
    const character = peek(cursor)
    switch (character) {
      case '':
        throw new NotShell('quote')
      case '"':
        cursor.at += 1
        return
      case '\\': {
        const next = peek(cursor, 1)
        if (next !== '\n') parts.push({ kind: 'text', text: /["\\$`]/.test(next) ? next : `\\${next}` })
        cursor.at += 2
        break
      }
      case '$':
      case '`':
        dollar(cursor, parts)
        break
      case '[':
        if (!placeholder(cursor, parts, squarePlaceholder)) one(cursor, parts, { kind: 'text', text: '[' })
        break
      case '<':
        if (!placeholder(cursor, parts, anglePlaceholder)) one(cursor, parts, { kind: 'text', text: '<' })
        break
      case '{':
        if (!placeholder(cursor, parts, curlyPlaceholder)) one(cursor, parts, { kind: 'text', text: '{' })
        break
      default: {
        const text = matchHere(cursor, quotedRun) ?? character
        parts.push({ kind: 'text', text })
        cursor.at += text.length
      }
    }
  }
}

function dollar(cursor: Cursor, parts: Part[]): void {
  if (peek(cursor) === '`') {
    const end = cursor.text.indexOf('`', cursor.at + 1)
    if (end < 0) throw new NotShell('quote')
    cursor.at = end + 1
    parts.push({ kind: 'substitution' })
    return
  }
  const name = matchHere(cursor, variable)
  if (name !== undefined) {
    cursor.at += name.length
    parts.push({ kind: 'variable', name: name.replace(/[${}]/g, '') || name })
    return
  }
  for (const [open, close] of [
    ['(', ')'],
    ['{', '}'],
  ] as const)
    if (startsWith(cursor, `$${open}`)) {
      cursor.at += 2
      skipBracket(cursor, open, close)
      parts.push({ kind: 'substitution' })
      return
    }
  // `$'…'` has escapes of its own.
  one(cursor, parts, peek(cursor, 1) === "'" ? { kind: 'substitution' } : { kind: 'text', text: '$' })
}

function placeholder(cursor: Cursor, parts: Part[], expression: RegExp): boolean {
  const found = matchHere(cursor, expression)
  if (found === undefined) return false
  parts.push({ kind: 'placeholder', name: found.replace(/^[[<{ ]+|[\]>} ]+$/g, '') })
  cursor.at += found.length
  return true
}

function taken(cursor: Cursor, parts: Part[], expression: RegExp, part: Part): boolean {
  const found = matchHere(cursor, expression)
  if (found === undefined) return false
  parts.push(part)
  cursor.at += found.length
  return true
}

function one(cursor: Cursor, parts: Part[], part: Part): true {
  parts.push(part)
  cursor.at += 1
  return true
}

/** Texts side by side are one. */
function joined(parts: readonly Part[]): readonly Part[] {
  const merged: Part[] = []
  for (const part of parts) {
    const last = merged.at(-1)
    if (part.kind === 'text' && last?.kind === 'text')
      merged[merged.length - 1] = { kind: 'text', text: last.text + part.text }
    else merged.push(part)
  }
  return merged
}

/** `your-pod` and what ends in three dots are for a person too. */
function named(parts: readonly Part[]): readonly Part[] {
  return parts.map((part) =>
    part.kind === 'text' && (namedSo.test(lastOf(part.text)) || /\.\.\.|…/.test(part.text))
      ? { kind: 'placeholder', name: part.text }
      : part,
  )
}

function lastOf(text: string): string {
  return text.slice(text.lastIndexOf('/') + 1)
}
