/** A place in a script that moves on, and the mistake that ends a command. */
import type { Unreadable } from './script.ts'

export type Cursor = {
  readonly text: string
  at: number
  /** How many commands lie around this one. */
  depth: number
  /** Here-documents whose text begins with the next line. */
  readonly pending: Pending[]
}

export type Pending = {
  readonly end: string
  readonly isPlain: boolean
  readonly stripsTabs: boolean
  readonly take: (text: string | undefined) => void
}

/** Ends the reading of one command; the block goes on behind it. */
export class NotShell extends Error {
  readonly why: Unreadable

  constructor(why: Unreadable) {
    super(why)
    this.why = why
  }
}

export function peek(cursor: Cursor, ahead = 0): string {
  return cursor.text[cursor.at + ahead] ?? ''
}

export function startsWith(cursor: Cursor, text: string): boolean {
  return cursor.text.startsWith(text, cursor.at)
}

/** What a sticky expression finds right here. */
export function matchHere(cursor: Cursor, expression: RegExp): string | undefined {
  expression.lastIndex = cursor.at
  return expression.exec(cursor.text)?.[0]
}

/** Blanks and continued lines, never a line feed. */
export function skipBlanks(cursor: Cursor): void {
  for (;;) {
    if (peek(cursor) === ' ' || peek(cursor) === '\t') cursor.at += 1
    else if (startsWith(cursor, '\\\n')) cursor.at += 2
    else return
  }
}

/** Takes a comment up to the end of its line: its words. */
export function skipComment(cursor: Cursor): string {
  const comment = matchHere(cursor, /#[^\n]*/y) ?? ''
  cursor.at += comment.length
  return comment.replace(/^#+\s*/, '').trim()
}

/** Behind a line feed the here-documents of that line come first. */
export function nextLine(cursor: Cursor): void {
  cursor.at += 1
  for (const { end, isPlain, stripsTabs, take } of cursor.pending.splice(0)) {
    const lines: string[] = []
    for (;;) {
      if (cursor.at >= cursor.text.length) throw new NotShell('document')
      const stop = cursor.text.indexOf('\n', cursor.at)
      const whole = cursor.text.slice(cursor.at, stop < 0 ? cursor.text.length : stop)
      cursor.at = stop < 0 ? cursor.text.length : stop + 1
      const line = stripsTabs ? whole.replace(/^\t+/, '') : whole
      if (line === end) break
      lines.push(line)
    }
    const text = lines.join('\n')
    take(isPlain || !/[$`\\]/.test(text) ? text : undefined)
  }
}

/** To the `close` that belongs to the bracket in front of here; quotes are passed over. */
export function skipBracket(cursor: Cursor, open: string, close: string): void {
  for (let level = 1; level > 0; cursor.at += 1) {
    const character = peek(cursor)
    if (character === '') throw new NotShell('bracket')
    if (character === '\\') cursor.at += 1
    else if (character === "'" || character === '"') skipQuote(cursor, character)
    else if (character === open) level += 1
    else if (character === close) level -= 1
  }
}

function skipQuote(cursor: Cursor, quote: string): void {
  for (cursor.at += 1; peek(cursor) !== quote; cursor.at += 1) {
    if (peek(cursor) === '') throw new NotShell('quote')
    if (quote === '"' && peek(cursor) === '\\') cursor.at += 1
  }
}
