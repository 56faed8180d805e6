/** The log that leads on from one backup: what a restore, the end of a dead primary and a bisect all begin with. */
import { type Path, pathTo, reachFrom } from '../../../domain/restore/path.ts'
import type { Backup } from '../../../domain/restore/repository.ts'
import { segmentNamed } from '../../../domain/restore/segment.ts'
import { refuse } from '../../refusal.ts'
import type { At } from '../place.ts'
import { runAt } from './program.ts'
import { readRepository, type Stored } from './repository.ts'
import type { Log } from './waldump.ts'

export type Past = {
  readonly log: Log
  readonly stored: Stored
  readonly path: Path
  readonly backup: Backup
  /** The segments from the backup's first to the last that follows without a gap. */
  readonly first: number
  readonly reach: number
}

/** Refuses (`restore-refused`) where the backup is gone; `folders` as in `Log`. */
export async function pastOf(
  { station, settings }: At,
  backups: string,
  { backup: label, timeline }: { readonly backup: string; readonly timeline: number },
  folders: Pick<Log, 'data' | 'scratch'> = {},
): Promise<Past> {
  const run = runAt(station)
  const stored = await readRepository(run, backups, settings)
  const { repository } = stored
  const { segmentBytes } = repository
  const backup = repository.backups.find((one) => one.label === label)
  const first = segmentNamed(backup?.firstSegment ?? '', segmentBytes)?.segment
  if (backup === undefined || first === undefined)
    return refuse('restore-refused', {
      reason: { en: `backup ${label} is gone`, ja: `バックアップ ${label} がありません` },
    })
  const path = pathTo(repository, timeline)
  const log: Log = { run, settings, segmentBytes, ...folders }
  return { log, stored, path, backup, first, reach: reachFrom(path, repository.runs, first) }
}
