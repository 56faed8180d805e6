/** What is wrong with a runbook, as data: where, what was expected, what was found, and the nearest right word. */
import { escaped, escapeOddBlanks, replaceInvisible } from '../invisible.ts'
import { type Lang, type Text, verbatim } from '../words.ts'

export type ProblemPath = readonly (string | number)[]

export type Problem = {
  readonly path: ProblemPath
  /** `key`: the name itself is wrong; `value`: what it holds; `missing`: the last part of the path is not there. */
  readonly at: 'key' | 'value' | 'missing'
  readonly expected: Text
  /** What was found, ready to be printed: short, quoted, no control characters. */
  readonly got: Text
  readonly suggestion?: string
}

/** Something that works but will surprise its author. */
export type Warning = { readonly path: ProblemPath; readonly says: Text }

/** `symptoms[0].steps[2].kind`; the empty path is the runbook itself. */
export function showPath(path: ProblemPath): string {
  return path.reduce<string>((shown, part) => {
    if (typeof part === 'number') return `${shown}[${part}]`
    const plain = /^[\w-]+$/.test(part) ? part : quote(part)
    return shown === '' ? plain : `${shown}.${plain}`
  }, '')
}

/** The problem in one sentence, without its place in the file. */
export function explainProblem(problem: Problem, lang: Lang): string {
  const where = problem.path.length === 0 ? '' : `${showPath(problem.path)}: `
  return `${where}${problemText(problem)[lang]}`
}

/** What was expected and what was found, without any place. */
export function problemText({ expected, got, suggestion }: Omit<Problem, 'path' | 'at'>): Text {
  const hint =
    suggestion === undefined
      ? { en: '', ja: '' }
      : { en: ` Did you mean ${quote(suggestion)}?`, ja: ` もしかして: ${quote(suggestion)}` }
  return {
    en: `expected ${expected.en}; found ${got.en}.${hint.en}`,
    ja: `期待: ${expected.ja}。実際: ${got.ja}。${hint.ja}`,
  }
}

/** A value as a sentence names it: `"abc"`, `3`, `a list of 2`, `nothing`. */
export function describe(value: unknown): Text {
  if (value === undefined) return { en: 'nothing', ja: 'なし' }
  if (value === null) return { en: 'an empty value', ja: '空の値' }
  if (Array.isArray(value)) {
    return value.length === 0
      ? { en: 'an empty list', ja: '空のリスト' }
      : { en: `a list of ${value.length}`, ja: `${value.length} 個のリスト` }
  }
  if (typeof value === 'object') return { en: 'a group of keys', ja: 'キーの集まり' }
  return verbatim(typeof value === 'string' ? quote(value) : String(value))
}

/** Quoted and cut to 60 characters; JSON's escapes keep terminals whole. */
export function quote(source: string): string {
  const characters = [...source]
  const cut = characters.length > 60 ? `${characters.slice(0, 57).join('')}…` : source
  // JSON leaves DEL, C1 controls and all that cannot be seen as they are.
  return escapeOddBlanks(replaceInvisible(JSON.stringify(cut), escaped))
}
