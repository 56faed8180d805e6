/** What a repository of pgBackRest holds, as data: backups, and the log that leads on from them, by timeline. */
import { positionOf } from './segment.ts'

export type Backup = {
  /** `20261130-030236F` */
  readonly label: string
  readonly type: 'full' | 'diff' | 'incr'
  /** Whole seconds: the truth of the end lies up to a second later. */
  readonly startMs: number
  readonly stopMs: number
  readonly startLsn: string
  readonly stopLsn: string
  readonly firstSegment: string
  readonly lastSegment: string
  readonly timeline: number
  /** Of the database. */
  readonly bytes: number
  /** Of the files in the repository, with those of other backups that it needs. */
  readonly repositoryBytes: number
  /** Pages with wrong checksums were copied: such a backup is kept, and not chosen. */
  readonly error: boolean
}

/** Where a timeline left another one. */
export type Fork = {
  readonly timeline: number
  /** The first position that the two do not share. */
  readonly lsn: string
  /** PostgreSQL's own words: `before 2026-11-30 03:02:45.177256+00`, `no recovery target specified`. */
  readonly reason: string
  /** The time of the first commit that was left behind, where the reason says it in UTC; rounded down. */
  readonly beforeMs?: number
}

export type Timeline = {
  readonly id: number
  /** Missing of the first one. */
  readonly parent?: Fork
}

/** Segments that lie in the repository without one missing between; numbers as in segment.ts, both ends included. */
export type Run = {
  readonly timeline: number
  readonly first: number
  readonly last: number
  /** When the latest one was written there, by the clock of the repository: commits in it are earlier. */
  readonly lastArchivedMs: number
}

export type Repository = {
  readonly stanza: string
  /** `15-1`: of the database as it is now; what an older version left is not counted. */
  readonly archive: string
  /** PostgreSQL's own identity of the cluster, as text: it has more digits than a number. */
  readonly systemIdentifier: string
  readonly segmentBytes: number
  /** Oldest first. */
  readonly backups: readonly Backup[]
  readonly timelines: readonly Timeline[]
  readonly runs: readonly Run[]
}

/** The lines of NNNNNNNN.history: all ancestors, the oldest first; undefined when a line is none. */
export function parseHistory(text: string): readonly Fork[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const forks = lines.map((line): Fork | undefined => {
    const [, timeline, lsn = '', reason = ''] = /^(\d+)\s+([0-9A-F/]+)(?:\s+(.*))?$/i.exec(line) ?? []
    if (timeline === undefined || positionOf(lsn) === undefined) return undefined
    const beforeMs = timeIn(reason)
    return { timeline: Number(timeline), lsn, reason, ...(beforeMs === undefined ? {} : { beforeMs }) }
  })
  return forks.every((fork) => fork !== undefined) ? forks : undefined
}

/** In another zone than UTC PostgreSQL writes an abbreviation, which can mean several. */
function timeIn(reason: string): number | undefined {
  const [, day, time] = /^before (\d{4}-\d\d-\d\d) ([\d:.]+)(?:\+00| UTC)$/.exec(reason) ?? []
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T${time}Z`)
  return Number.isNaN(ms) ? undefined : ms
}

/** Segments in any order, each with the time it was written, as runs; sorted by timeline and number. */
export function runsOf(
  segments: readonly { readonly timeline: number; readonly segment: number; readonly archivedMs: number }[],
): readonly Run[] {
  const sorted = segments.toSorted((a, b) => a.timeline - b.timeline || a.segment - b.segment)
  const runs: Run[] = []
  for (const { timeline, segment, archivedMs } of sorted) {
    const last = runs.at(-1)
    if (last?.timeline === timeline && segment <= last.last + 1)
      runs[runs.length - 1] = {
        ...last,
        last: segment,
        lastArchivedMs: Math.max(last.lastArchivedMs, archivedMs),
      }
    else runs.push({ timeline, first: segment, last: segment, lastArchivedMs: archivedMs })
  }
  return runs
}
