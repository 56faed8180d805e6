/** Loops that count. One that asks an address again and again measures it. */
import { durationOf } from './programs/sql.ts'
import type { Node, Word } from './shell/script.ts'

/** N of `{1..N}` and `$(seq N)`; undefined for any other list. */
export function countIn([word, ...more]: readonly Word[]): number | undefined {
  if (word === undefined || more.length > 0) return undefined
  const [, from = '1', to] =
    /^\{(\d{1,6})\.\.(\d{1,6})\}$/.exec(word.raw) ??
    /^\$\(seq (?:(\d{1,6}) )?(\d{1,6})\)$/.exec(word.raw) ??
    []
  if (to === undefined) return undefined
  const count = Number(to) - Number(from) + 1
  return count > 0 ? count : undefined
}

/** One command, so many times, at a pace: `for i in {1..10}; do …; sleep 1; done`. */
export function measured({
  words,
  body,
}: Extract<Node, { readonly kind: 'for' }>):
  | { readonly node: Node; readonly times: number; readonly every: string }
  | undefined {
  const times = countIn(words)
  const pauses = body.flatMap((node) => sleepOf(node) ?? [])
  const [node, ...others] = body.filter((each) => sleepOf(each) === undefined)
  if (times === undefined || node === undefined || others.length > 0 || pauses.length > 1) return undefined
  return { node, times, every: pauses[0] ?? '0s' }
}

function sleepOf(node: Node): string | undefined {
  if (node.kind !== 'simple' || node.words[0]?.raw !== 'sleep') return undefined
  const given = node.words[1]?.raw ?? ''
  return durationOf(/^\d+$/.test(given) ? `${given}s` : given)
}
