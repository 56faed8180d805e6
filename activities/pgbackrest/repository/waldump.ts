/** Transactions as the log has them: when each committed or was rolled back, to the microsecond. */
import { type Path, pieceAt } from '../../../domain/restore/path.ts'
import { segmentName } from '../../../domain/restore/segment.ts'
import type { PgbackrestSettings } from '../../connections-file.ts'
import { pulse, withPulse } from '../../pulse.ts'
import { pgbackrest, type Run } from './program.ts'

/** The end of a transaction. Recovery to a time stops before any of them that is later, a rollback too. */
export type Ended = {
  readonly xid: number
  readonly lsn: string
  /** Rounded down. */
  readonly atMs: number
  /** `2026-11-30 03:02:45.077549+00`, as PostgreSQL takes it. */
  readonly at: string
  readonly kind: 'commit' | 'abort'
}

/** The log of one cluster: where its segments come from, and how large they are. */
export type Log = {
  readonly run: Run
  readonly settings: PgbackrestSettings
  readonly segmentBytes: number
  /** A folder of this cluster by which pgBackRest knows it, where that of the live server is gone. */
  readonly data?: string
  /** Where segments lie while they are read: a folder that goes one day, whoever dies. */
  readonly scratch?: string
}

/** Segments at once: half a GiB on the disk for segments of 16 MiB. */
export const mostSegments = 32

/**
 * What ended in these segments of the path, in the order of the log, `mostSegments` at most. One whose record goes on in the next segment is
 * there only when that one is read as well.
 */
export function endedOn(log: Log, path: Path, first: number, last: number): Promise<readonly Ended[]> {
  return withSegments(log, path, first, last, async (range) =>
    parseEnded(await log.run([...waldump(log.settings), ...range])),
  )
}

/**
 * Does something with these segments of the path, `mostSegments` at most; `range` is what pg_waldump takes to read them. Archived segments
 * come through pgBackRest and are gone again afterwards.
 */
export async function withSegments<T>(
  { run, settings, segmentBytes, data = settings.dataFolder, scratch: folder = settings.copiesFolder }: Log,
  path: Path,
  first: number,
  last: number,
  work: (range: readonly string[]) => Promise<T>,
): Promise<T> {
  const scratch = (await run(['mktemp', '-d', `${folder}/.log-XXXXXXXX`])).trim()
  // By one timeline's names: pg_waldump follows no forks, and a record may begin before one and end behind it.
  const head = path.at(-1)?.timeline ?? 0
  const nameOf = (segment: number) => segmentName(head, segment, segmentBytes)
  const end = Math.min(last, first + mostSegments - 1)
  try {
    for (let segment = first; segment <= end; segment++) {
      const own = segmentName(pieceAt(path, segment)?.timeline ?? head, segment, segmentBytes)
      const file = `${scratch}/${nameOf(segment)}`
      await run(pgbackrest(settings, `--pg1-path=${data}`, '--no-archive-async', 'archive-get', own, file))
      pulse().beat({ segment: own })
    }
    return await work(['-p', scratch, nameOf(first), nameOf(end)])
  } finally {
    // Also when the work was told to stop.
    await withPulse({ ...pulse(), signal: new AbortController().signal }, () =>
      run(['rm', '-rf', '--', scratch]),
    )
  }
}

/** The same between two positions of what the live server still has, archived or not. */
export async function endedLive(
  { run, settings }: Pick<Log, 'run' | 'settings'>,
  timeline: number,
  from: string,
  to: string,
): Promise<readonly Ended[]> {
  const where = ['-p', `${settings.dataFolder}/pg_wal`, '-t', String(timeline), '-s', from, '-e', to]
  return parseEnded(await run([...waldump(settings), ...where]))
}

function waldump({ postgresFolder }: PgbackrestSettings): readonly string[] {
  return [`${postgresFolder}/pg_waldump`, '-r', 'Transaction']
}

const record =
  /^rmgr: Transaction .*? tx: +(\d+), lsn: ([0-9A-F]+\/[0-9A-F]+), .*? desc: (COMMIT|ABORT)(?:_PREPARED)?\b[^\n]*?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) UTC/gm

/** The lines of pg_waldump, printed with TZ=UTC; of a prepared transaction the number that it was prepared with. */
export function parseEnded(lines: string): readonly Ended[] {
  return [...lines.matchAll(record)].map(([line, tx, lsn = '', kind, day, time = '']) => {
    const prepared = /_PREPARED (\d+):/.exec(line)?.[1]
    return {
      xid: Number(prepared ?? tx),
      lsn: lsnOf(lsn),
      atMs: Date.parse(`${day}T${time.slice(0, 12)}Z`),
      at: `${day} ${time}+00`,
      kind: kind === 'COMMIT' ? 'commit' : 'abort',
    }
  })
}

/** Without the zeros that pg_waldump fills up with. */
export function lsnOf(padded: string): string {
  return padded.replace(/\b0+(?=[0-9A-F])/g, '')
}
