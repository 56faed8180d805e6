/** The transactions on both sides of a target, in the order of the log. */
import { type Path, pieceAt, reachFrom } from '../../../domain/restore/path.ts'
import { positionOf } from '../../../domain/restore/segment.ts'
import type { Past } from './past.ts'
import { type Ended, endedOn, type Log, mostSegments } from './waldump.ts'

export type Around = {
  /** The last that ended before recovery to the target stops; missing where none did since the first segment. */
  readonly last?: Ended
  /** The first that is later than the target; missing where the log ends before. */
  readonly next?: Ended
}

/**
 * Where recovery to a time stops: before the first transaction that ended later. A segment holds nothing later than the moment that it was
 * archived, so everything before the first one of that age is passed over.
 */
export async function around(
  { log, stored: { repository, segments }, path, first }: Omit<Past, 'backup' | 'reach'>,
  targetMs: number,
): Promise<Around> {
  const archived = new Map(
    segments.map(({ timeline, segment, archivedMs }) => [`${timeline}/${segment}`, archivedMs]),
  )
  const archivedMs = (segment: number) =>
    archived.get(`${pieceAt(path, segment)?.timeline}/${segment}`) ?? Number.POSITIVE_INFINITY
  const reach = reachFrom(path, repository.runs, first)
  let from = first
  while (from < reach && archivedMs(from) < targetMs) from += 1
  const targetMicros = BigInt(targetMs) * 1_000n
  let last: Ended | undefined
  // A record that begins in one segment may end in the next: they overlap by one.
  for (let start = Math.max(first, from - 1); start <= reach; start += mostSegments - 1) {
    const ended = await endedOn(log, path, start, reach)
    const index = ended.findIndex((one) => microsOf(one) > targetMicros)
    const before = index < 0 ? ended.at(-1) : ended[index - 1]
    last = before ?? last
    if (index < 0) continue
    const next = ended[index]
    const found = last ?? (await lastUpTo(log, path, first, start))
    return { ...(found === undefined ? {} : { last: found }), ...(next === undefined ? {} : { next }) }
  }
  const found = last ?? (await lastUpTo(log, path, first, from))
  return found === undefined ? {} : { last: found }
}

async function lastUpTo(log: Log, path: Path, first: number, segment: number): Promise<Ended | undefined> {
  for (let end = segment; ; end -= mostSegments - 1) {
    const start = Math.max(first, end - mostSegments + 1)
    const found = (await endedOn(log, path, start, end)).at(-1)
    if (found !== undefined || start === first) return found
  }
}

/** `2026-11-30 03:02:45.077549+00`, exact. */
export function microsOf({ at }: Pick<Ended, 'at'>): bigint {
  const [, day, clock, fraction = ''] = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(at) ?? []
  return BigInt(Date.parse(`${day}T${clock}Z`)) * 1_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6))
}

/** Whether the first position lies at or behind the second. */
export function isAtLeast(lsn: string, other: string): boolean {
  return (positionOf(lsn) ?? 0) >= (positionOf(other) ?? 0)
}
