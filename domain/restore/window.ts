/**
 * The times that one can return to. PostgreSQL stops before the first commit, in the order of the log, that is later than the target; where the
 * log ends before it finds one, recovery fails. So a target needs a backup that ended before it, and a commit after it that the log leads to.
 */
import { backupsOn, nextOn, type Path, pathTo, pieceAt, reachFrom, timelinesOf } from './path.ts'
import type { Backup, Fork, Repository } from './repository.ts'
import { positionOf, segmentAt, segmentName, segmentNamed } from './segment.ts'

/** What the repository does not say; what is missing is asked for by choose.ts when an answer turns on it. */
export type Facts = {
  readonly nowMs: number
  /** The timeline that the primary writes now, and on which a commit can still be made; missing when nobody knows. */
  readonly live?: number
  /** Of the log that ends with this segment, by name: the latest time of a commit, and null when it has none. */
  readonly lastCommits: { readonly [segment: string]: number | null }
  /** By the number of the timeline that left another one. */
  readonly forks: { readonly [timeline: string]: ForkTimes }
}

/** Times of commits around a fork, null where there is none in the repository. */
export type ForkTimes = {
  /** The latest that both timelines have. */
  readonly sharedMs: number | null
  /** The first that was left behind on the old one. */
  readonly leftMs: number | null
  /** The first of the new one. */
  readonly newMs: number | null
}

export type Window = {
  /** The one to recover to. */
  readonly timeline: number
  /** The first target, and the first that is too late. */
  readonly fromMs: number
  readonly beforeMs: number
  /**
   * What the end is: `now` on the timeline that the primary writes, where a commit can be made that recovery stops at; the `last-commit` of the
   * log; or the time when the last segment was `archived`, which that commit precedes.
   */
  readonly end: 'now' | 'last-commit' | 'archived'
  /** Labels, oldest first. */
  readonly backups: readonly string[]
  /** The segment that the log ends with; missing when not one is there yet. */
  readonly lastSegment?: string
  /** More of the log follows, after a segment that is missing. */
  readonly cut: boolean
}

/** Whole seconds are all that is known of the end of a backup, and the target must be later. */
export function firstTargetMs({ stopMs }: Backup): number {
  return Math.floor(stopMs / 1_000) * 1_000 + 1_000
}

/** The windows of one timeline, oldest first: a missing segment ends one, and the next begins with the next backup. */
export function windowsOf(repository: Repository, facts: Facts, timeline: number): readonly Window[] {
  const path = pathTo(repository, timeline)
  const byReach = new Map<number, Backup[]>()
  for (const backup of backupsOn(path, repository.backups)) {
    const reach = reachOf(repository, path, backup)
    // Without its own segments a copy of the files cannot become consistent.
    if (reach >= (numberOf(repository, backup.lastSegment) ?? Number.POSITIVE_INFINITY))
      byReach.set(reach, [...(byReach.get(reach) ?? []), backup])
  }
  return [...byReach].flatMap(([reach, backups]) => windowFrom(repository, facts, path, reach, backups))
}

/** Segments that are missing on the way to a timeline, after the oldest backup of use: no target there can be reached. */
export type Gap = {
  readonly timeline: number
  readonly first: string
  readonly last: string
  readonly segments: number
}

export function gapsOf(repository: Repository, timeline: number): readonly Gap[] {
  const path = pathTo(repository, timeline)
  const [oldest] = backupsOn(path, repository.backups)
  if (oldest === undefined) return []
  const gaps: Gap[] = []
  let reach = reachOf(repository, path, oldest)
  for (;;) {
    const next = nextKnown(repository, path, reach)
    if (next === undefined) return gaps
    gaps.push({
      timeline,
      first: nameOn(repository, path, reach + 1),
      last: nameOn(repository, path, next - 1),
      segments: next - reach - 1,
    })
    reach = Math.max(next - 1, reachFrom(path, repository.runs, next))
  }
}

/** Timelines that no other one leads on from, and the one that the primary writes: every other is passed on the way to these. */
export function headsOf(repository: Repository, live?: number): readonly number[] {
  const parents = new Set(repository.timelines.map(({ parent }) => parent?.timeline))
  return timelinesOf(repository, live).filter((id) => id === live || !parents.has(id))
}

/** Timelines that were left while more was written to them: a time behind the fork is reached by their number alone. */
export function abandonedIn(repository: Repository, live?: number): readonly number[] {
  const heads = headsOf(repository, live)
  const isLongerThan = (id: number, { lsn }: Fork) => {
    const fork = segmentAt(positionOf(lsn) ?? 0, repository.segmentBytes)
    return repository.runs.some(({ timeline, last }) => timeline === id && last >= fork)
  }
  return timelinesOf(repository, live).filter((id) => {
    const forks = repository.timelines.flatMap(({ parent }) => (parent?.timeline === id ? [parent] : []))
    return !heads.includes(id) && forks.every((fork) => isLongerThan(id, fork))
  })
}

/** A path whose log ends only because the rest is not archived yet. */
function isOpen(repository: Repository, { live }: Facts, path: Path, reach: number): boolean {
  return path.at(-1)?.timeline === live && nextKnown(repository, path, reach) === undefined
}

/**
 * Where the log goes on after segments that are missing: at the next one that is stored, or behind those of the last backup, which ends only
 * when all of its own are archived.
 */
function nextKnown(repository: Repository, path: Path, reach: number): number | undefined {
  const stored = nextOn(path, repository.runs, reach)
  if (stored !== undefined) return stored
  const ofBackups = backupsOn(path, repository.backups).flatMap(
    ({ lastSegment }) => numberOf(repository, lastSegment) ?? [],
  )
  const last = Math.max(-1, ...ofBackups)
  return last > reach ? last + 1 : undefined
}

function windowFrom(
  repository: Repository,
  facts: Facts,
  path: Path,
  reach: number,
  backups: readonly Backup[],
): readonly Window[] {
  const [oldest] = backups
  const timeline = path.at(-1)?.timeline
  if (oldest === undefined || timeline === undefined) return []
  const fromMs = firstTargetMs(oldest)
  const run = repository.runs.find(
    (one) => one.timeline === pieceAt(path, reach)?.timeline && one.first <= reach && reach <= one.last,
  )
  const base = {
    timeline,
    fromMs,
    backups: backups.map(({ label }) => label),
    cut: nextKnown(repository, path, reach) !== undefined,
    ...(run === undefined ? {} : { lastSegment: nameOn(repository, path, reach) }),
  }
  if (isOpen(repository, facts, path, reach)) return [{ ...base, beforeMs: facts.nowMs + 1, end: 'now' }]
  if (run === undefined) return []
  const lastCommitMs = facts.lastCommits[nameOn(repository, path, reach)]
  if (lastCommitMs === undefined) return [{ ...base, beforeMs: run.lastArchivedMs, end: 'archived' }]
  return lastCommitMs === null || lastCommitMs <= fromMs
    ? []
    : [{ ...base, beforeMs: lastCommitMs, end: 'last-commit' }]
}

function reachOf(repository: Repository, path: Path, { firstSegment }: Backup): number {
  return reachFrom(path, repository.runs, numberOf(repository, firstSegment) ?? -1)
}

function numberOf({ segmentBytes }: Repository, name: string): number | undefined {
  return segmentNamed(name, segmentBytes)?.segment
}

function nameOn({ segmentBytes }: Repository, path: Path, segment: number): string {
  return segmentName(pieceAt(path, segment)?.timeline ?? 0, segment, segmentBytes)
}
