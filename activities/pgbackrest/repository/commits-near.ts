import { type Path, pathTo, pieceAt, reachFrom } from '../../../domain/restore/path.ts'
import type { Stored } from './repository.ts'
import { type Ended, endedOn, type Log, mostSegments } from './waldump.ts'

export type Near = {
  /** Those nearest to the time, in the order of the log. */
  readonly ended: readonly Ended[]
  /** All that ended in that span is here. */
  readonly complete: boolean
}

const mostShown = 100

/** What ended around a time on the way to a timeline, with what is not archived yet. */
export async function readNear(
  log: Log,
  { repository, segments }: Stored,
  timeline: number,
  { nearMs, aroundMs }: { readonly nearMs: number; readonly aroundMs: number },
  unarchived: readonly Ended[],
): Promise<Near> {
  const path = pathTo(repository, timeline)
  const [fromMs, toMs] = [nearMs - aroundMs, nearMs + aroundMs]
  // What is written to the repository before the span has nothing of it; one more, for a record that begins there.
  const later = segments.filter((one) => isOn(path, one) && one.archivedMs >= fromMs)
  const first = Math.min(...later.map(({ segment }) => segment))
  const found: Ended[] = []
  let isAll = true
  if (Number.isFinite(first)) {
    const from = Math.max(first - 1, 0)
    const start = reachFrom(path, repository.runs, from) >= first ? from : first
    const end = reachFrom(path, repository.runs, start)
    found.push(...(await endedOn(log, path, start, end)))
    const passed = found.some(({ atMs }) => atMs > toMs)
    const last = Math.max(...later.map(({ segment }) => segment))
    isAll = passed || (end === last && end - start < mostSegments)
  }
  const within = [...found, ...unarchived].filter(({ atMs }) => fromMs <= atMs && atMs <= toMs)
  const nearest = within
    .toSorted((a, b) => Math.abs(a.atMs - nearMs) - Math.abs(b.atMs - nearMs))
    .slice(0, mostShown)
  return {
    ended: within.filter((one) => nearest.includes(one)),
    complete: isAll && nearest.length === within.length,
  }
}

function isOn(path: Path, { timeline, segment }: Stored['segments'][number]): boolean {
  return pieceAt(path, segment)?.timeline === timeline
}
