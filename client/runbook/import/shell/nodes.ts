/** Pipes, chains, loops and what else a shell puts around commands. */
import {
  type Cursor,
  matchHere,
  NotShell,
  nextLine,
  peek,
  skipBlanks,
  skipBracket,
  skipComment,
  startsWith,
} from './cursor.ts'
import type { Link, Node } from './script.ts'
import { redirection, simple, wordsHere } from './simple.ts'

/** Loops in loops beyond this are nobody's runbook. */
const deepest = 20

/** What begins here, up to the end of its line or a `;`. */
export function chain(cursor: Cursor): Node {
  const first = pipeline(cursor)
  const rest: Link[] = []
  for (;;) {
    skipBlanks(cursor)
    const operator = startsWith(cursor, '&&') ? '&&' : startsWith(cursor, '||') ? '||' : undefined
    if (operator === undefined) break
    cursor.at += 2
    skipLines(cursor)
    rest.push({ operator, node: pipeline(cursor) })
  }
  if (peek(cursor) === '&') {
    cursor.at += 1
    return { kind: 'other', what: '&' }
  }
  return rest.length === 0 ? first : { kind: 'chain', first, rest }
}

function pipeline(cursor: Cursor): Node {
  const commands = [command(cursor)]
  for (;;) {
    skipBlanks(cursor)
    if (peek(cursor) !== '|' || peek(cursor, 1) === '|') break
    cursor.at += peek(cursor, 1) === '&' ? 2 : 1
    skipLines(cursor)
    commands.push(command(cursor))
  }
  const [only] = commands
  return only !== undefined && commands.length === 1 ? only : { kind: 'pipeline', commands }
}

/** Behind `|`, `&&` and `do` a command may begin on the next line. */
function skipLines(cursor: Cursor): void {
  for (;;) {
    skipBlanks(cursor)
    if (peek(cursor) === '\n') nextLine(cursor)
    else if (peek(cursor) === '#') skipComment(cursor)
    else return
  }
}

function command(cursor: Cursor): Node {
  skipBlanks(cursor)
  if (cursor.depth > deepest) throw new NotShell('size')
  cursor.depth += 1
  try {
    const definition = matchHere(
      cursor,
      /(?:function\s+[\w-]+\s*(?:\(\))?|[A-Za-z_][\w-]*\s*\(\))\s*(?=[{(])/y,
    )
    if (definition !== undefined) {
      cursor.at += definition.length
      command(cursor)
      return { kind: 'other', what: 'function' }
    }
    const keyword = matchHere(cursor, /(?:for|while|until|if|case|\[\[|!|\{)(?=[\s])|\(\(?/y)
    return keyword === undefined ? simple(cursor) : compound(cursor, keyword)
  } finally {
    cursor.depth -= 1
  }
}

function compound(cursor: Cursor, keyword: string): Node {
  cursor.at += keyword.length
  switch (keyword) {
    case 'for':
      return forLoop(cursor)
    case 'while':
    case 'until': {
      const condition = listUntil(cursor, ['do'])
      const body = listUntil(cursor, ['done'])
      const plainLoop = !hasMore(cursor) && keyword === 'while'
      return plainLoop ? { kind: 'while', condition, body } : { kind: 'other', what: keyword }
    }
    case 'if':
      listUntil(cursor, ['fi'])
      break
    case '{':
      listUntil(cursor, ['}'])
      break
    case '(':
    case '((':
      cursor.at -= keyword.length - 1
      skipBracket(cursor, '(', ')')
      break
    case 'case':
      skipTo(cursor, /\besac\b/g)
      break
    case '[[':
      skipTo(cursor, /\]\]/g)
      break
    case '!':
      pipeline(cursor)
      break
    default:
      throw new NotShell('syntax')
  }
  hasMore(cursor)
  return { kind: 'other', what: keyword }
}

function forLoop(cursor: Cursor): Node {
  skipBlanks(cursor)
  const variable = matchHere(cursor, /[A-Za-z_]\w*(?=[\s;])/y)
  if (variable === undefined) {
    // `for ((i = 0; …))`
    if (!startsWith(cursor, '((')) throw new NotShell('syntax')
    cursor.at += 1
    skipBracket(cursor, '(', ')')
    listUntil(cursor, ['do'])
    listUntil(cursor, ['done'])
    return { kind: 'other', what: 'for' }
  }
  cursor.at += variable.length
  skipBlanks(cursor)
  if (matchHere(cursor, /in(?=\s)/y) === undefined) throw new NotShell('syntax')
  cursor.at += 2
  const words = wordsHere(cursor)
  listUntil(cursor, ['do'])
  const body = listUntil(cursor, ['done'])
  if (hasMore(cursor)) return { kind: 'other', what: 'for' }
  return { kind: 'for', variable, words, body }
}

/** Commands up to one of the closing words, which is taken too. */
function listUntil(cursor: Cursor, closing: readonly string[]): readonly Node[] {
  const nodes: Node[] = []
  for (;;) {
    skipLines(cursor)
    if (peek(cursor) === ';') {
      cursor.at += 1
      continue
    }
    if (peek(cursor) === '') throw new NotShell('bracket')
    const word = matchHere(cursor, /[a-z}]+(?=[\s;|&<>)]|$)/y)
    if (word !== undefined && closing.includes(word)) {
      cursor.at += word.length
      return nodes
    }
    // Words that begin another part of the same command; what it is made of does not matter to who asks.
    if (word !== undefined && ['then', 'else', 'elif'].includes(word)) cursor.at += word.length
    else nodes.push(chain(cursor))
  }
}

/** Redirections behind a compound command. */
function hasMore(cursor: Cursor): boolean {
  skipBlanks(cursor)
  let found = false
  while (redirection(cursor) !== undefined) {
    found = true
    skipBlanks(cursor)
  }
  return found
}

function skipTo(cursor: Cursor, end: RegExp): void {
  end.lastIndex = cursor.at
  if (end.exec(cursor.text) === null) throw new NotShell('bracket')
  cursor.at = end.lastIndex
}
