/** The commits between two times, as the log has them: counted by segment, so that a million of them take no more room than their segments. */
import { type Counts, countBefore, placeIn } from '../../../domain/restore/bisect.ts'
import { positionOf, segmentAt } from '../../../domain/restore/segment.ts'
import { pulse } from '../../pulse.ts'
import { microsOf } from '../repository/around.ts'
import type { Past } from '../repository/past.ts'
import { type Ended, endedOn, mostSegments } from '../repository/waldump.ts'
import type { Journal, Span } from './bisect-state.ts'

/** At once, so that what ended in them fits into memory: a segment of 16 MiB holds up to some 100,000 commits. */
function segmentsAtOnce({ log: { segmentBytes } }: Past): number {
  return Math.min(mostSegments, Math.max(2, Math.floor((64 * 2 ** 20) / segmentBytes)))
}

export function positionIn({ lsn }: Pick<Ended, 'lsn'>): number {
  return positionOf(lsn) ?? 0
}

/** What ended behind `from` and up to `to`, a few segments at a time. */
export async function* endedBetween(
  past: Past,
  from: number,
  to: number,
): AsyncGenerator<{ readonly ended: readonly Ended[]; readonly segment: number; readonly isLast: boolean }> {
  const { log, path, reach } = past
  const { segmentBytes } = log
  // Its last record may go on in the next segment.
  const last = Math.min(reach, segmentAt(to, segmentBytes) + 1)
  const step = segmentsAtOnce(past) - 1
  for (let start = segmentAt(Math.max(0, from), segmentBytes); start <= last; start += step) {
    const end = Math.min(last, start + step)
    const isLast = end === last
    const all = await endedOn(log, path, start, end)
    // What begins in the last segment of these is whole only with the one after it.
    const ended = all.filter((one) => {
      const position = positionIn(one)
      const segment = segmentAt(position, segmentBytes)
      return position > from && position <= to && segment >= start && (isLast || segment < end)
    })
    yield { ended, segment: end, isLast }
    if (isLast) return
  }
}

/** Counts on from where an attempt before was killed. */
export async function countCommits(past: Past, span: Span, journal: Journal): Promise<Counts> {
  const { segmentBytes } = past.log
  const { countFrom } = journal.now()
  if (countFrom === null) return journal.now().counts
  const from = countFrom === undefined ? span.from : Math.max(span.from, countFrom * segmentBytes - 1)
  for await (const { ended, segment, isLast } of endedBetween(past, from, span.to)) {
    const found = new Map<number, number>()
    for (const one of ended) {
      if (one.kind !== 'commit') continue
      const own = segmentAt(positionIn(one), segmentBytes)
      found.set(own, (found.get(own) ?? 0) + 1)
    }
    const counts = [...journal.now().counts, ...found]
    await journal.save({ counts, countFrom: isLast ? null : segment })
    pulse().beat({ at: 'counting', commits: counts.reduce((sum, [, commits]) => sum + commits, 0) })
  }
  return journal.now().counts
}

/** The n-th commit, counted from 1; the segment that was read last is kept. */
export function commitsOf(past: Past, span: Span, counts: Counts) {
  let kept: { readonly segment: number; readonly commits: readonly Ended[] } | undefined
  const inSegment = async (segment: number): Promise<readonly Ended[]> => {
    if (kept?.segment !== segment) {
      const { segmentBytes } = past.log
      const ended = await endedOn(past.log, past.path, segment, Math.min(past.reach, segment + 1))
      const commits = ended.filter((one) => {
        const position = positionIn(one)
        const isOwn = segmentAt(position, segmentBytes) === segment
        return isOwn && one.kind === 'commit' && position > span.from && position <= span.to
      })
      kept = { segment, commits }
    }
    return kept.commits
  }
  return {
    commit: async (index: number): Promise<Ended> => {
      const place = placeIn(counts, index)
      const found = place === undefined ? undefined : (await inSegment(place.segment))[place.nth]
      if (found === undefined) throw new Error(`the log has no commit ${index} of those that were counted`)
      return found
    },
    /** How many of them are replayed when recovery stops behind this position. */
    countUpTo: async (position: number): Promise<number> => {
      if (position <= span.from) return 0
      const segment = segmentAt(Math.min(position, span.to), past.log.segmentBytes)
      const own = (await inSegment(segment)).filter((one) => positionIn(one) <= position)
      return countBefore(counts, segment) + own.length
    },
  }
}
export type Commits = ReturnType<typeof commitsOf>

/** The latest time, in µs, of what ended behind `from` and up to `to`: recovery to a time before it stops no later than there. */
export async function latestBetween(past: Past, from: number, to: number): Promise<bigint> {
  let latest = 0n
  for await (const { ended } of endedBetween(past, from, to))
    for (const one of ended) if (microsOf(one) > latest) latest = microsOf(one)
  return latest
}
