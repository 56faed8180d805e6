/** What the death of the primary would take with it at this moment: all that is not in the repository yet. */
import { pathTo } from '../../domain/restore/path.ts'
import type { Repository } from '../../domain/restore/repository.ts'
import { lsnAt, positionOf, segmentAt } from '../../domain/restore/segment.ts'
import { isRefusal } from '../refusal.ts'
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
const mostBytes = 2 ** 30

/** Undefined while nothing of the primary's timeline, nor of what came before it, is archived. */
export async function readUnarchived(
  log: Log,
  repository: Repository,
  { timeline, flushLsn }: Primary,
): Promise<Unarchived | undefined> {
  const { segmentBytes } = repository
  const at = positionOf(flushLsn)
  const from = archivedUpTo(repository, timeline)
  if (at === undefined || from === undefined) return undefined
  const bytes = Math.max(0, at - from)
  const segments = Math.floor(bytes / segmentBytes)
  if (bytes === 0) return { bytes, segments, ended: [] }
  if (bytes > mostBytes) return { bytes, segments }
  try {
    return { bytes, segments, ended: await endedLive(log, timeline, lsnAt(from), flushLsn) }
  } catch (error) {
    // It has removed them since, or its folder is on another machine.
    if (isRefusal(error, 'command-failed')) return { bytes, segments }
    throw error
  }
}

/** The first position that is not archived; of a timeline that is new, where it began. */
function archivedUpTo(repository: Repository, timeline: number): number | undefined {
  const { runs, segmentBytes } = repository
  const own = runs.filter((run) => run.timeline === timeline).map(({ last }) => last)
  if (own.length > 0) return (Math.max(...own) + 1) * segmentBytes
  const fork = positionOf(pathTo(repository, timeline).at(-1)?.fork?.lsn ?? '')
  return fork === undefined ? undefined : segmentAt(fork, segmentBytes) * segmentBytes
}
