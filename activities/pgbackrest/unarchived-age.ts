/** What would be lost with the primary at this moment: its commits that are not in the repository. */
import { lsnAt, positionOf, segmentNamed } from '../../domain/restore/segment.ts'
import type { Window } from '../../domain/restore/window.ts'
import { said } from '../../domain/words.ts'
import { carriedBy } from '../../wire/carried.ts'
import { reasonIn } from '../refusal.ts'
import type { LiveStatus } from './live.ts'
import type { At } from './place.ts'
import { runAt } from './program.ts'
import { endedLive } from './waldump.ts'

/** A segment begins with a header; in what is shorter nothing was written yet. */
const headerBytes = 40

/** The age of the oldest commit behind the window that is archived, ms; 0 where there is none. */
export async function unarchivedMs(
  { station, settings }: At,
  segmentBytes: number,
  { lastSegment = '' }: Window,
  live: LiveStatus,
): Promise<number | null> {
  const last = segmentNamed(lastSegment, segmentBytes)?.segment
  const end = positionOf(live.lsn)
  if (last === undefined || end === undefined) return null
  const from = (last + 1) * segmentBytes
  if (end <= from + headerBytes) return 0
  try {
    const ended = await endedLive({ run: runAt(station), settings }, live.timeline, lsnAt(from), live.lsn)
    const oldest = ended.find(({ kind }) => kind === 'commit')
    return oldest === undefined ? 0 : Math.max(0, live.nowMs - oldest.atMs)
  } catch (error) {
    const why = carriedBy(error)
    // One long record fills all that was written since, and it has not ended.
    if (why !== undefined && /could not find a valid record/.test(said(reasonIn(why)).en)) return 0
    throw error
  }
}
