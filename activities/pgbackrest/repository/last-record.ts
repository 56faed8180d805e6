/**
 * Where the log of a timeline ends when nobody writes it any more. What the repository never got may still lie on the old disk: it belongs to the
 * end as well, and is copied to where recovery finds it.
 */
import { pieceAt } from '../../../domain/restore/path.ts'
import { segmentName } from '../../../domain/restore/segment.ts'
import { refuse } from '../../refusal.ts'
import { type Copy, type CopyRecord, must } from '../copy.ts'
import { controlOf, refuseSilent } from '../live.ts'
import type { At } from '../place.ts'
import { pastOf } from './past.ts'
import { lsnOf, withSegments } from './waldump.ts'

export type End = {
  /** The start of the last record: recovery replays it and stops behind. */
  readonly lsn: string
  /** Segments of the old disk that the repository does not have, in order. */
  readonly tail: readonly string[]
}

export async function endOf(
  at: At,
  backups: string,
  record: Pick<CopyRecord, 'backup' | 'timeline'>,
  data: string,
): Promise<End> {
  const { settings } = at
  const { log, path, first, reach } = await pastOf(at, backups, record, { data })
  const nameOf = (segment: number) =>
    segmentName(pieceAt(path, segment)?.timeline ?? record.timeline, segment, log.segmentBytes)
  const left = await leftBehind(at, record.timeline, reach, nameOf)
  for (let i = left.length; i > 0; i -= 1) {
    // A recycled segment has the name of one to come, and what it was before: no record that fits.
    const lsn = await lastIn(at, [`${settings.dataFolder}/pg_wal/${left[i - 1]}`])
    if (lsn !== undefined) return { lsn, tail: left.slice(0, i) }
  }
  // A segment may begin with the rest of a record and hold no other: then the one before has the last.
  for (let segment = reach; segment >= first; segment -= 1) {
    const lsn = await withSegments(log, path, segment, segment, (range) => lastIn(at, range))
    if (lsn !== undefined) return { lsn, tail: [] }
  }
  return refuse('command-failed', {
    command: 'pg_waldump',
    reason: { en: `no record up to ${nameOf(reach)}`, ja: `${nameOf(reach)} までにレコードがありません` },
  })
}

/** Puts the tail where recovery looks when the repository has no more. */
export async function copyTail(
  { station, settings }: At,
  copy: Copy,
  tail: readonly string[],
): Promise<void> {
  for (const name of tail)
    await must(
      station,
      ['cp', '--', `${settings.dataFolder}/pg_wal/${name}`, `${copy.data}/pg_wal/${name}`],
      {
        withinMs: 120_000,
      },
    )
}

/** Of a server that still runs nothing is taken: it goes on writing, and can be asked. */
async function leftBehind(
  at: At,
  timeline: number,
  reach: number,
  nameOf: (segment: number) => string,
): Promise<readonly string[]> {
  const { station, settings } = at
  const { status, stdout } = await station.exec(['ls', '-1', '--', `${settings.dataFolder}/pg_wal`])
  if (status !== 0) return []
  if ((await controlOf(at, settings.dataFolder))?.timeline !== timeline) return []
  await refuseSilent(at)
  const names = new Set(stdout.split('\n'))
  const left: string[] = []
  for (let segment = reach + 1; names.has(nameOf(segment)); segment += 1) left.push(nameOf(segment))
  return left
}

const lastLineScript = `"$@" 2>/dev/null | tail -n 1`

/** At the end of what was written pg_waldump complains, and has told all that there is; only its last line is kept. */
async function lastIn({ station, settings }: At, range: readonly string[]): Promise<string | undefined> {
  const argv = ['sh', '-c', lastLineScript, 'sh', `${settings.postgresFolder}/pg_waldump`, ...range]
  const { stdout } = await station.exec(argv, { withinMs: 600_000 })
  const padded = / lsn: ([0-9A-F]+\/[0-9A-F]+),/.exec(stdout)?.[1]
  return padded === undefined ? undefined : lsnOf(padded)
}
