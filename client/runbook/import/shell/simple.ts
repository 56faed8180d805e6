/** A command without anything around it: assignments, words, redirections. */
import { type Cursor, matchHere, NotShell, peek, skipBlanks } from './cursor.ts'
import type { Redirection, Simple, Word } from './script.ts'
import { wordAt } from './word.ts'

/** More words than that are no command that anybody typed. */
const mostWords = 1_000

/** The words up to the end of the line or a sign of the shell. */
export function wordsHere(cursor: Cursor): readonly Word[] {
  const words: Word[] = []
  for (;;) {
    skipBlanks(cursor)
    const word = wordAt(cursor)
    if (word === undefined) return words
    words.push(word)
    if (words.length > mostWords) throw new NotShell('size')
  }
}

/** The command that begins here. */
export function simple(cursor: Cursor): Simple {
  const assignments: { name: string; value: Word }[] = []
  const words: Word[] = []
  const redirections: Redirection[] = []
  for (;;) {
    skipBlanks(cursor)
    if (peek(cursor) === '#') break
    const redirected = redirection(cursor)
    if (redirected !== undefined) {
      redirections.push(redirected)
      continue
    }
    const name = words.length === 0 ? matchHere(cursor, /[A-Za-z_]\w*(?==)/y) : undefined
    if (name !== undefined) {
      cursor.at += name.length + 1
      assignments.push({ name, value: wordAt(cursor) ?? { parts: [], raw: '' } })
      continue
    }
    const word = wordAt(cursor)
    if (word === undefined) break
    words.push(word)
    if (words.length > mostWords) throw new NotShell('size')
  }
  // A bracket in the middle of a command is no shell: `curl http://…?query=rate(x[5m])`.
  if (peek(cursor) === '(') throw new NotShell('syntax')
  if (words.length + assignments.length + redirections.length === 0) throw new NotShell('syntax')
  return { kind: 'simple', assignments, words, redirections }
}

/** The redirection that begins here; undefined where none does. */
export function redirection(cursor: Cursor): Redirection | undefined {
  const from = cursor.at
  const operator = matchHere(cursor, /(?:\d|&)?(?:<<<|<<-?|<>|>>|>\||[<>]&|[<>])/y)
  if (operator === undefined) return undefined
  // A placeholder, not a redirection.
  if (operator === '<') {
    const word = wordAt(cursor)
    cursor.at = from
    if (word !== undefined) return undefined
  }
  cursor.at += operator.length
  skipBlanks(cursor)
  const target = wordAt(cursor)
  if (target === undefined) throw new NotShell('syntax')
  if (!/^<<-?$/.test(operator)) return { operator, target }
  const document: { text: string | undefined } = { text: undefined }
  cursor.pending.push({
    end: target.raw.replace(/['"\\]/g, ''),
    isPlain: /['"\\]/.test(target.raw),
    stripsTabs: operator === '<<-',
    take: (text) => {
      document.text = text
    },
  })
  return { operator, target, document }
}
