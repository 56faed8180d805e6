/** What the changes of an incident found and left, and the figures of databases that it saw, as its timeline tells of them. */
import { databaseKinds } from '../../domain/evidence/figures.ts'
import type { IncidentEvent, PartResult } from '../../domain/incident/fold/events.ts'
import type { Reading } from '../../domain/steps/contract.ts'
import type { Json } from '../../domain/words.ts'

/** One change of one target. What never happened is missing. */
export type Changed = {
  readonly run: string
  readonly kind: string
  readonly target: string
  /** When it was planned, and what was found there then. */
  readonly plannedAt: string
  readonly before: Json
  readonly change: Json
  readonly doneAt?: string
  readonly after?: Json
  readonly verifiedAt?: string
  readonly verified?: Json
}

/** In the order in which they were planned; planned again it is the last plan. */
export function changesIn(timeline: readonly IncidentEvent[]): readonly Changed[] {
  const kinds = new Map<string, string>()
  const changes = new Map<string, Changed>()
  const add = (run: string, more: Partial<Changed>) => {
    const known = changes.get(run)
    if (known !== undefined) changes.set(run, { ...known, ...more })
  }
  for (const { type, at, data } of timeline) {
    if (type === 'step-requested') kinds.set(data.run, data.kind)
    else if (type === 'step-proposed') {
      const { target, before, change } = data.plan
      const { run } = data
      changes.set(run, { run, kind: kinds.get(run) ?? '', target, plannedAt: at, before, change })
    } else if (type === 'step-done') add(data.run, { doneAt: at, after: data.done.after })
    else if (type === 'step-verified') add(data.run, { verifiedAt: at, verified: data.verified.facts })
  }
  return [...changes.values()]
}

/** One look at a database. */
export type Seen = {
  readonly at: string
  readonly seq: number
  /** The part of the picture, or the run of the step. */
  readonly what: string
  readonly kind: string
  readonly facts: Json
}

/** What pictures and reading steps saw of databases while the incident was open, in order. `kindOfPart`: of a part of every picture. */
export function databasesIn(
  timeline: readonly IncidentEvent[],
  kindOfPart: (part: string) => string | undefined,
): readonly Seen[] {
  const kinds = new Map<string, string>()
  // What a reading step has found is looked at again with the picture.
  const kindOf = (part: string) => kindOfPart(part) ?? kinds.get(part.replace(/^again:/, ''))
  return timeline.flatMap(({ type, at, seq, data }): readonly Seen[] => {
    const seen = (what: string, kind: string | undefined, { facts }: Reading): readonly Seen[] =>
      kind !== undefined && databaseKinds.includes(kind) ? [{ at, seq, what, kind, facts }] : []
    if (type === 'step-requested') kinds.set(data.run, data.kind)
    if (type === 'step-read') return seen(data.run, kinds.get(data.run), data.reading)
    if (type !== 'situation-taken') return []
    const parts: readonly [string, PartResult][] = Object.entries(data.parts)
    return parts.flatMap(([id, part]) => (part.ok ? seen(id, kindOf(id), part.reading) : []))
  })
}
