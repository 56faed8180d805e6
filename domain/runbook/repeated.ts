import { type Problem, type ProblemPath, quote } from './problem.ts'

export type Named = { readonly id: string; readonly path: ProblemPath }

/** A problem for each name that stood before in the same list. */
export function repeatedIds(names: readonly Named[]): readonly Problem[] {
  const seen = new Set<string>()
  return names.flatMap(({ id, path }): readonly Problem[] => {
    if (seen.has(id)) return [repeated(id, path)]
    seen.add(id)
    return []
  })
}

export function repeated(id: string, path: ProblemPath): Problem {
  return {
    path,
    at: 'value',
    expected: { en: 'a name not used before', ja: 'まだ使われていない名前' },
    got: { en: `${quote(id)} again`, ja: `${quote(id)}（重複）` },
  }
}
