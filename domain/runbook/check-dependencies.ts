/** Rules for what depends on what: services that exist, and no service that needs itself in the end. */
import { unknownName } from './check-steps.ts'
import { type Problem, quote, verbatim } from './problem.ts'
import type { Runbook } from './runbook.ts'

export function dependencyProblems(book: Runbook): readonly Problem[] {
  const names = Object.keys(book.services)
  const unknown = Object.entries(book.services).flatMap(([id, { dependsOn = [] }]) =>
    dependsOn.flatMap((name, i) =>
      names.includes(name) ? [] : [unknownName(name, names, ['services', id, 'dependsOn', i])],
    ),
  )
  const quick = Object.entries(book.severities).flatMap(([severity, policy]) =>
    policy.quick.flatMap(({ service }, i) =>
      service === undefined || names.includes(service)
        ? []
        : [unknownName(service, names, ['severities', severity, 'quick', i, 'service'])],
    ),
  )
  return [...unknown, ...quick, ...names.flatMap((id) => circleProblem(book, id))]
}

/** Told once, at the first service of the circle. */
function circleProblem(book: Runbook, start: string): readonly Problem[] {
  const circle = circleFrom(book, [start])
  if (circle === undefined || circle.toSorted()[0] !== start) return []
  const expected = {
    en: 'services that do not need each other in a circle',
    ja: '循環しない依存関係',
  }
  const got = verbatim(quote([...circle, start].join(' → ')))
  return [{ path: ['services', start, 'dependsOn'], at: 'value', expected, got }]
}

function circleFrom(book: Runbook, path: readonly string[]): readonly string[] | undefined {
  for (const next of book.services[path.at(-1) ?? '']?.dependsOn ?? []) {
    if (next === path[0]) return path
    if (path.includes(next)) continue
    const circle = circleFrom(book, [...path, next])
    if (circle !== undefined) return circle
  }
  return undefined
}
