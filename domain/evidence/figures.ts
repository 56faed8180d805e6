/** The figures that belong to evidence: what the runbook asks of Prometheus, PostgreSQL and Redis about a service and what is near it. */
import { near } from '../runbook/dependencies.ts'
import { type Part, readingKey } from '../runbook/parts.ts'
import { readingSteps } from '../runbook/reading-steps.ts'
import type { Runbook } from '../runbook/runbook.ts'

/** Kinds whose query has a value at every moment: they are read as a curve over the time of the incident. */
export const curveKinds: readonly string[] = ['prometheus.query', 'prometheus.range']

/** Kinds whose facts are figures of a server at the moment when it is asked. None is heavy, and none looks into data. */
export const databaseKinds: readonly string[] = [
  'postgres.connections',
  'postgres.replication',
  'postgres.lag',
  'postgres.slow-queries',
  'redis.memory',
]

const mostParts = 60

/** Of a service, of all of the runbook where none is named; what reads the same for several is there once. `id` is good as a file's name. */
export function figureParts(
  book: Runbook,
  service: string | undefined,
  kinds: readonly string[],
): readonly Part[] {
  const ids = service === undefined ? new Set(Object.keys(book.services)) : near(book, service)
  const steps = readingSteps(book).map(
    ({ service: of, step: { id, kind, with: params } }): Part & { readonly service: string } => ({
      id: `${of}.${id}`,
      kind,
      params,
      service: of,
    }),
  )
  const looks = Object.entries(book.services).flatMap(([of, { look }]) =>
    look.map(({ kind, with: params }, i) => ({ id: `${of}.look-${i + 1}`, kind, params, service: of })),
  )
  const all = [...steps, ...looks].filter((part) => ids.has(part.service) && kinds.includes(part.kind))
  const keys = all.map(readingKey)
  return all.filter((_, i) => keys.indexOf(keys[i] ?? '') === i).slice(0, mostParts)
}
