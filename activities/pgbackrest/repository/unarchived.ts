/** What the death of the primary would take with it at this moment: all that is not in the repository yet. */
import { pathTo } from '../../../domain/restore/path.ts'
import type { Repository } from '../../../domain/restore/repository.ts'
import { lsnAt, positionOf, segmentAt } from '../../../domain/restore/segment.ts'
import { said } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { reasonIn } from '../../refusal.ts'
import type { Primary } from './primary.ts'
import { type Ended, endedLive, type Log } from './waldump.ts'

export type Unarchived = {
  readonly bytes: number
  /** Segments that are full and wait. */
  readonly segments: number
  /** Undefined where the worker cannot read the server's own log. */
  readonly ended?: readonly Ended[]
}

/** More than this is not read through for the sake of a count. */
const usualBytes = 2 ** 30
/** A segment begins with a header; in what is shorter nothing was written yet. */
const headerBytes = 40

/** Undefined while nothing of the primary's timeline, nor of what came before it, is archived. */
export async function readUnarchived(
  log: Log,
  repository: Repository,
  { timeline, flushLsn }: Pick<Primary, 'timeline' | 'flushLsn'>,
  mostBytes = usualBytes,
): Promise<Unarchived | undefined> {
  const { segmentBytes } = repository
  const at = positionOf(flushLsn)
  const from = archivedUpTo(repository, timeline)
  if (at === undefined || from === undefined) return undefined
  const bytes = Math.max(0, at - from)
  const segments = Math.floor(bytes / segmentBytes)
  if (bytes <= headerBytes) return { bytes, segments, ended: [] }
  if (bytes > mostBytes) return { bytes, segments }
  try {
    return { bytes, segments, ended: await endedLive(log, timeline, lsnAt(from), flushLsn) }
  } catch (error) {
    const why = carriedBy(error)
    if (why?.name !== 'command-failed') throw error
    // One long record fills all that was written since, and it has not ended.
    if (/could not find a valid record/.test(said(reasonIn(why)).en)) return { bytes, segments, ended: [] }
    // It has removed them since, or its folder is on another machine.
    return { bytes, segments }
  }
}

/** How long the oldest commit waits, ms; 0 where none does, null where nobody knows. */
export function waitsMs(unarchived: Unarchived | undefined, nowMs: number): number | null {
  if (unarchived?.ended === undefined) return null
  const oldest = unarchived.ended.find(({ kind }) => kind === 'commit')
  return oldest === undefined ? 0 : Math.max(0, nowMs - oldest.atMs)
}

/** The first position that is not archived; of a timeline that is new, where it began. */
function archivedUpTo(repository: Repository, timeline: number): number | undefined {
  const { runs, segmentBytes } = repository
  const own = runs.filter((run) => run.timeline === timeline).map(({ last }) => last)
  if (own.length > 0) return (Math.max(...own) + 1) * segmentBytes
  const fork = positionOf(pathTo(repository, timeline).at(-1)?.fork?.lsn ?? '')
  return fork === undefined ? undefined : segmentAt(fork, segmentBytes) * segmentBytes
}
