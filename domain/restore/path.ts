/** The way that recovery takes through the log to a timeline: its ancestors up to where each was left, and then the timeline itself. */
import type { Backup, Fork, Repository, Run } from './repository.ts'
import { positionOf, segmentAt } from './segment.ts'

/** The segments that recovery reads of one timeline. The segment of a fork is the child's: its file begins with what the parent had there. */
type Piece = {
  readonly timeline: number
  readonly begin: number
  readonly end: number
  /** Where it left the piece before. */
  readonly fork?: Fork
}

export type Path = readonly Piece[]

/** Every timeline that anything is known of, in order. */
export function timelinesOf({ timelines, runs, backups }: Repository, live?: number): readonly number[] {
  const named = [
    ...timelines.flatMap(({ id, parent }) => (parent === undefined ? [id] : [id, parent.timeline])),
    ...runs.map(({ timeline }) => timeline),
    ...backups.map(({ timeline }) => timeline),
    ...(live === undefined ? [] : [live]),
  ]
  return [...new Set(named)].sort((a, b) => a - b)
}

export function pathTo({ timelines, segmentBytes }: Repository, timeline: number): Path {
  const pieces: Piece[] = []
  let end = Number.POSITIVE_INFINITY
  let id: number | undefined = timeline
  while (id !== undefined) {
    const fork: Fork | undefined = timelines.find((one) => one.id === id)?.parent
    const begin = fork === undefined ? 0 : segmentAt(positionOf(fork.lsn) ?? 0, segmentBytes)
    pieces.unshift({ timeline: id, begin, end, ...(fork === undefined ? {} : { fork }) })
    end = Math.min(end, begin - 1)
    // A timeline has a higher number than the one it left; anything else is no history.
    id = fork !== undefined && fork.timeline < id ? fork.timeline : undefined
  }
  return pieces
}

/** Backups without errors that the path passes, oldest first: one made after the fork belongs to what was left behind. */
export function backupsOn(path: Path, backups: readonly Backup[]): readonly Backup[] {
  const isOn = ({ error, timeline, stopLsn }: Backup) => {
    const at = path.findIndex((piece) => piece.timeline === timeline)
    const left = path[at + 1]?.fork
    const [stop, fork] = [positionOf(stopLsn), positionOf(left?.lsn ?? '')]
    return !error && at >= 0 && stop !== undefined && (fork === undefined || stop <= fork)
  }
  return backups.filter(isOn).toSorted((a, b) => a.stopMs - b.stopMs)
}

/** The last segment up to which none is missing from `first` on; `first - 1` when that one is. */
export function reachFrom(path: Path, runs: readonly Run[], first: number): number {
  let next = first
  for (;;) {
    const piece = pieceAt(path, next)
    const run = runs.find((one) => one.timeline === piece?.timeline && one.first <= next && next <= one.last)
    if (piece === undefined || run === undefined) return next - 1
    next = Math.min(run.last, piece.end) + 1
  }
}

/** The first segment on the path after this one that the repository has; undefined when nothing comes after it. */
export function nextOn(path: Path, runs: readonly Run[], after: number): number | undefined {
  const firsts = path.flatMap(({ timeline, begin, end }) =>
    runs
      .filter((run) => run.timeline === timeline)
      .map((run) => ({ first: Math.max(run.first, begin, after + 1), last: Math.min(run.last, end) }))
      .flatMap(({ first, last }) => (first <= last ? [first] : [])),
  )
  return firsts.length === 0 ? undefined : Math.min(...firsts)
}

export function pieceAt(path: Path, segment: number): Piece | undefined {
  return path.findLast(({ begin, end }) => begin <= segment && segment <= end)
}
