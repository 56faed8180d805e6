/** A moment for a drill: anywhere in what is archived, so that nothing has to be written to the live database to get there. */

import { present } from '../../../domain/present.ts'
import type { Repository } from '../../../domain/restore/repository.ts'
import { type Facts, headsOf, type Window, windowsOf } from '../../../domain/restore/window.ts'
import { refuse } from '../../refusal.ts'
import { askLive, type LiveStatus } from '../live.ts'
import type { At } from '../place.ts'
import { withFact } from '../repository/facts.ts'
import { runAt } from '../repository/program.ts'
import { readRepository } from '../repository/repository.ts'
import { readUnarchived, waitsMs } from '../repository/unarchived.ts'
import type { Log } from '../repository/waldump.ts'
import { noTargetText } from '../target-words.ts'

export type Span = { readonly fromMs: number; readonly toMs: number }

export type Archived = {
  readonly timeline: number
  readonly spans: readonly Span[]
  /** How long the oldest commit waits that is not archived, ms; null where nobody knows. */
  readonly rpoMs: number | null
}

/** Refuses (`restore-refused`) where nothing can be restored, or not up to what was archived last. */
export async function archivedNow(at: At, backups: string): Promise<Archived> {
  const { settings } = at
  const run = runAt(at.station)
  const { repository } = await readRepository(run, backups, settings)
  const { segmentBytes } = repository
  const live = await askLive(at)
  const isWritten = live !== undefined && !live.recovering
  let facts: Facts = {
    nowMs: live?.nowMs ?? Date.now(),
    lastCommits: {},
    forks: {},
    ...present({ live: isWritten ? live.timeline : undefined }),
  }
  const timeline = facts.live ?? Math.max(...headsOf(repository))
  for (const { lastSegment: segment } of windowsOf(repository, facts, timeline))
    if (segment !== undefined)
      facts = await withFact({ run, settings, segmentBytes }, repository, facts, {
        kind: 'last-commit',
        segment,
      })
  const windows = windowsOf(repository, facts, timeline)
  const newest = windows.at(-1)
  if (newest === undefined)
    return refuse('restore-refused', { reason: noTargetText({ reason: 'no-backups' }, 'UTC') })
  if (newest.cut)
    refuse('restore-refused', { reason: noTargetText({ reason: 'in-gap', before: newest }, 'UTC') })
  return {
    timeline,
    spans: windows.map((window) => spanOf(window, facts)),
    rpoMs: isWritten ? await waiting({ run, settings, segmentBytes }, repository, live) : null,
  }
}

async function waiting(
  log: Log,
  repository: Repository,
  { timeline, lsn, nowMs }: LiveStatus,
): Promise<number | null> {
  return waitsMs(await readUnarchived(log, repository, { timeline, flushLsn: lsn }), nowMs)
}

/** Up to the last commit that is archived; just the end of the backup where there was none since. */
function spanOf({ fromMs, beforeMs, lastSegment = '' }: Window, { lastCommits }: Facts): Span {
  const toMs = Math.min(lastCommits[lastSegment] ?? fromMs, beforeMs - 1)
  return { fromMs, toMs: Math.max(fromMs, toMs) }
}

/** A moment of the spans, each as likely as any other; `chance` gives 0 up to, not including, 1. */
export function anyMoment(spans: readonly Span[], chance: () => number): number {
  const lengths = spans.map(({ fromMs, toMs }) => toMs - fromMs + 1)
  let left = Math.floor(chance() * lengths.reduce((sum, length) => sum + length, 0))
  for (const [i, { fromMs }] of spans.entries()) {
    const length = lengths[i] ?? 0
    if (left < length) return fromMs + left
    left -= length
  }
  return spans.at(-1)?.toMs ?? 0
}
