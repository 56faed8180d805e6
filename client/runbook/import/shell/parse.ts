/**
 * A careful reader of shell scripts. It need not run them: what it does not know ends as `other` or `unreadable`, with its lines, and
 * becomes a step for a person.
 */
import {
  type Cursor,
  matchHere,
  NotShell,
  nextLine,
  peek,
  skipBlanks,
  skipComment,
  startsWith,
} from './cursor.ts'
import { chain } from './nodes.ts'
import type { Statement } from './script.ts'

/** Behind so many lines that are no shell the rest is none either. */
const mostUnreadable = 20

/** The commands of a block, in order; `firstLine` is the line of its first character. */
export function parseScript(text: string, firstLine: number): readonly Statement[] {
  const cursor: Cursor = { text, at: 0, depth: 0, pending: [] }
  const lineAt = lineCounter(text, firstLine)
  const statements: Statement[] = []
  let comments: string[] = []
  let unreadable = 0
  while (skipToCommand(cursor, comments)) {
    const from = cursor.at
    let node: Statement['node']
    try {
      node = chain(cursor)
      endOfCommand(cursor)
    } catch (error) {
      if (!(error instanceof NotShell)) throw error
      unreadable += 1
      node = { kind: 'unreadable', why: error.why }
      recover(cursor, from, error.why !== 'syntax' || unreadable >= mostUnreadable)
    }
    const source = text.slice(from, cursor.at).replace(/[\s;]+$/, '')
    const behind = commentsBehind(cursor)
    statements.push({ line: lineAt(from), source, comments: [...comments, ...behind], node })
    comments = []
  }
  return statements
}

/** Collects comments on the way to the next command. False at the end. */
function skipToCommand(cursor: Cursor, comments: string[]): boolean {
  for (;;) {
    skipBlanks(cursor)
    const character = peek(cursor)
    if (character === '') return false
    if (character === '\n') cursor.at += 1
    else if (character === ';') cursor.at += 1
    else if (character === '#') comments.push(skipComment(cursor))
    else return true
  }
}

function commentsBehind(cursor: Cursor): readonly string[] {
  const from = cursor.at
  skipBlanks(cursor)
  if (peek(cursor) === '#') return [skipComment(cursor)]
  cursor.at = from
  return []
}

function endOfCommand(cursor: Cursor): void {
  skipBlanks(cursor)
  if (startsWith(cursor, ';;') || peek(cursor) === ')') throw new NotShell('syntax')
  if (peek(cursor) === ';') cursor.at += 1
  // The text of a here-document belongs to its command.
  if (cursor.pending.length > 0) {
    const comment = matchHere(cursor, /[ \t]*(?:#[^\n]*)?/y) ?? ''
    cursor.at += comment.length
    if (peek(cursor) !== '\n') throw new NotShell('document')
    nextLine(cursor)
    if (cursor.text[cursor.at - 1] === '\n') cursor.at -= 1
  }
}

/** To the end of the line where the mistake was met; what never closes takes everything behind it along. */
function recover(cursor: Cursor, from: number, all: boolean): void {
  cursor.pending.length = 0
  cursor.depth = 0
  const stop = cursor.text.indexOf('\n', Math.max(from, cursor.at))
  cursor.at = all || stop < 0 ? cursor.text.length : stop
}

/** Lines by offset, counted onward only: offsets come in order. */
function lineCounter(text: string, firstLine: number): (offset: number) => number {
  let line = firstLine
  let at = 0
  return (offset) => {
    for (let next = text.indexOf('\n', at); next >= 0 && next < offset; next = text.indexOf('\n', at)) {
      line += 1
      at = next + 1
    }
    return line
  }
}
