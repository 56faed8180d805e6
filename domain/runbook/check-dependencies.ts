/** Rules for what depends on what: services that exist, and no service that needs itself in the end. */
import { verbatim } from '../words.ts'
import { unknownName } from './check-steps.ts'
import { type Problem, quote } from './problem.ts'
import type { Runbook } from './runbook.ts'

type WithServices = Pick<Runbook, 'services' | 'severities'>

export function dependencyProblems(book: WithServices): readonly Problem[] {
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
function circleProblem(book: WithServices, start: string): readonly Problem[] {
  const circle = circleFrom(book, start)
  if (circle === undefined || circle.toSorted()[0] !== start) return []
  const expected = {
    en: 'services without circular dependencies',
    ja: '循環しない依存関係',
  }
  const got = verbatim(quote([...circle, start].join(' → ')))
  return [{ path: ['services', start, 'dependsOn'], at: 'value', expected, got }]
}

/** The shortest way from a service back to itself, by the services on it; each one is looked at once, however many ways lead there. */
function circleFrom(book: WithServices, start: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[start, undefined]])
  // A Map goes on to what is added while it is gone through.
  for (const at of cameFrom.keys()) {
    for (const next of book.services[at]?.dependsOn ?? []) {
      if (next === start) return wayTo(at, cameFrom)
      if (!cameFrom.has(next)) cameFrom.set(next, at)
    }
  }
  return undefined
}

function wayTo(end: string, cameFrom: ReadonlyMap<string, string | undefined>): readonly string[] {
  const way: string[] = []
  for (let at: string | undefined = end; at !== undefined; at = cameFrom.get(at)) way.unshift(at)
  return way
}
