/** The services of a runbook over time, as a screen shows them: what a look does not say is unknown, and what was known before is told with its age. */
import { present } from '../present.ts'
import { verbatim } from '../words.ts'
import type { Overview, ServiceStanding, Standing } from './overview.ts'

export type BoardRow = ServiceStanding & {
  /** When the look that says so was begun, epoch ms; missing where none has said anything yet. */
  readonly seenMs?: number
  /** What was known last, where the newest look does not say. */
  readonly last?: { readonly standing: Standing; readonly seenMs: number }
}

/** Before anybody has looked. */
export function unseen(services: readonly string[]): readonly BoardRow[] {
  return services.map((service) => ({ service, title: verbatim(service), ...nothing }))
}

const nothing = { standing: 'unknown', findings: [], unseen: [], parts: {} } as const

/** After a look that was begun at `askedMs`. */
export function seenAgain(
  rows: readonly BoardRow[],
  { services }: Overview,
  askedMs: number,
): readonly BoardRow[] {
  return services.map((service) => {
    if (service.standing !== 'unknown') return { ...service, seenMs: askedMs }
    const before = rows.find((row) => row.service === service.service)
    return { ...service, ...present({ last: before && lastKnown(before) }) }
  })
}

/** After a look that told nothing. */
export function unseenAgain(rows: readonly BoardRow[]): readonly BoardRow[] {
  return rows.map((row) => {
    const { service, title } = row
    return { service, title, ...nothing, ...present({ last: lastKnown(row) }) }
  })
}

function lastKnown({ standing, seenMs, last }: BoardRow): BoardRow['last'] {
  return seenMs === undefined ? last : { standing, seenMs }
}
