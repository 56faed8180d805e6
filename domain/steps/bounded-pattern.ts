/**
 * Regular expressions of a runbook that cannot keep a worker busy for long on any line: nothing repeats what repeats, `*` and `+` have an end,
 * and the ways in which all of it can match are counted.
 */
import type { Text } from '../words.ts'

/** What `*`, `+` and `{n,}` repeat at most. */
export const mostRepeated = 200
/** Two repetitions without a bound of their own, and some choices. */
const mostWays = 100_000
export const longestPattern = 200

export type BoundedPattern = {
  /** For `new RegExp(source, 'u')`. */
  readonly source: string
  /** It has one group with a number: what that matched is what is counted. */
  readonly captures: boolean
}

/** The pattern with its bounds written out, or what is wrong with it. */
export function boundedPattern(
  pattern: string,
): { readonly ok: true; readonly pattern: BoundedPattern } | { readonly ok: false; readonly problem: Text } {
  const reader = new Reader(pattern)
  try {
    const { source, ways } = reader.alternatives()
    if (!reader.isAtEnd()) throw problem('no ")" without "("', '「(」のない「)」がないこと')
    if (ways > mostWays)
      throw problem(
        'fewer repetitions: with many the search takes too long',
        '繰り返しを減らすこと（多いと検索に時間がかかります）',
      )
    return { ok: true, pattern: { source, captures: reader.groups === 1 } }
  } catch (error) {
    if (error instanceof Unusable) return { ok: false, problem: error.says }
    throw error
  }
}

/** A piece of the pattern, and in how many ways it can match at one place. */
type Piece = { readonly source: string; readonly ways: number }

class Unusable extends Error {
  readonly says: Text
  constructor(says: Text) {
    super(says.en)
    this.says = says
  }
}

function problem(en: string, ja: string): Unusable {
  return new Unusable({ en, ja })
}

/** What stands for itself behind a backslash, outside and inside of brackets. */
const syntax = '^$\\.*+?()[]{}|/'
const classes = 'dDsSwW'

class Reader {
  readonly #text: readonly string[]
  #at = 0
  groups = 0

  constructor(pattern: string) {
    this.#text = [...pattern]
  }

  isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  alternatives(): Piece {
    const pieces = [this.#sequence()]
    while (this.#takes('|')) pieces.push(this.#sequence())
    return {
      source: pieces.map(({ source }) => source).join('|'),
      ways: pieces.reduce((sum, { ways }) => sum + ways, 0),
    }
  }

  #sequence(): Piece {
    let source = ''
    let ways = 1
    while (!this.isAtEnd() && !'|)'.includes(this.#next())) {
      const piece = this.#repeated()
      source += piece.source
      ways *= piece.ways
    }
    return { source, ways }
  }

  #repeated(): Piece {
    const [isGroup, isAnchor] = [this.#next() === '(', '^$'.includes(this.#next())]
    const piece = isGroup ? this.#group() : { source: this.#one(), ways: 1 }
    const counted = this.#count()
    if (counted === undefined) return piece
    if (isGroup || isAnchor)
      throw problem('only a character or [class] that repeats', '繰り返しは 1 文字または [文字クラス] のみ')
    const [least, greatest] = counted
    if (greatest > mostRepeated || least > greatest)
      throw problem(`at most ${mostRepeated} repetitions`, `${mostRepeated} 回以下の繰り返し`)
    const isLazy = this.#takes('?') ? '?' : ''
    return { source: `${piece.source}{${least},${greatest}}${isLazy}`, ways: greatest - least + 1 }
  }

  #count(): readonly [least: number, greatest: number] | undefined {
    if (this.#takes('?')) return [0, 1]
    if (this.#takes('*')) return [0, mostRepeated]
    if (this.#takes('+')) return [1, mostRepeated]
    if (!this.#takes('{')) return undefined
    const rest = this.#text.slice(this.#at).join('')
    const [all, least, comma, greatest] = /^(\d{1,3})(,?)(\d{0,3})\}/.exec(rest) ?? []
    if (all === undefined) throw problem('{n}, {n,} or {n,m}', '{n}、{n,}、{n,m} のいずれか')
    this.#at += all.length
    return [Number(least), comma === '' ? Number(least) : Number(greatest || mostRepeated)]
  }

  #group(): Piece {
    this.#at += 1
    const isPlain = this.#takes('?')
    if (isPlain && !this.#takes(':')) throw problem('( ) or (?: )', '( ) または (?: )')
    if (!isPlain) this.groups += 1
    if (this.groups > 1) throw problem('one ( ); the others as (?: )', '( ) は 1 つ、その他は (?: )')
    const { source, ways } = this.alternatives()
    if (!this.#takes(')')) throw problem('a ")" for each "("', '「(」ごとに「)」')
    return { source: isPlain ? `(?:${source})` : `(${source})`, ways }
  }

  /** One character of the line, whichever way it is said. */
  #one(): string {
    const character = this.#take()
    if (character === '[') return this.#class()
    if (character === '\\') return this.#escaped(syntax)
    if ('*+?{}]'.includes(character))
      throw problem(`"\\${character}" for the character itself`, `文字そのものは「\\${character}」`)
    return character === '/' ? '\\/' : character
  }

  #class(): string {
    let source = this.#takes('^') ? '[^' : '['
    const from = this.#at
    for (;;) {
      const character = this.#take()
      if (character === ']' && this.#at > from + 1) return `${source}]`
      if (character === ']' || character === '[')
        throw problem('[class] with \\[ and \\] for brackets', '[文字クラス] の中の括弧は \\[ と \\]')
      source += character === '\\' ? this.#escaped(`${syntax}-`) : character
    }
  }

  #escaped(literal: string): string {
    const character = this.#take()
    if (classes.includes(character) || literal.includes(character)) return `\\${character}`
    if (character === 't') return '\\t'
    throw problem(`no "\\${character}"`, `「\\${character}」を使わないこと`)
  }

  #next(): string {
    return this.#text[this.#at] ?? ''
  }

  #take(): string {
    if (this.isAtEnd()) throw problem('a pattern that is complete', '最後まで書かれたパターン')
    const character = this.#next()
    this.#at += 1
    return character
  }

  #takes(character: string): boolean {
    if (this.isAtEnd() || this.#next() !== character) return false
    this.#at += 1
    return true
  }
}

/** The pattern as it is matched. Errors: SyntaxError for ranges such as [z-a], which `boundedPattern` does not look into. */
export function compiled({ source }: BoundedPattern): RegExp {
  return new RegExp(source, 'u')
}
