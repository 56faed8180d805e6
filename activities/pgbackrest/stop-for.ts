/** What recovery is told so that it stops where the target is, and never in vain: without a later commit it would fail at the end of the log. */
import { z } from 'zod'
import type { Text } from '../../domain/words.ts'
import { refuse } from '../refusal.ts'
import type { CopyRecord, Stop } from './copy.ts'
import { utcOf } from './copy-server.ts'
import { askLive, type LiveStatus, refuseSilent, socketOf, waited } from './live.ts'
import type { At } from './place.ts'
import { psqlJson } from './psql.ts'
import { around, isAtLeast } from './repository/around.ts'
import { endOf } from './repository/last-record.ts'
import { pastOf } from './repository/past.ts'

/** `lastAt`: when the last transaction ended that belongs to it, UTC; where the server itself knows it, it is missing. */
export type Stopping = { readonly stop: Stop; readonly lastAt?: string; readonly tail?: string[] }

const archivedWithinMs = 120_000

/**
 * For a target: right behind the last transaction that belongs to it. What comes between that and the next one belongs to transactions under way,
 * and their locks would keep the checks out (a table that is just being dropped). Without a target: where the primary is at this moment; where
 * nobody writes any more, the last record that there is. `data` is a folder of the cluster by which pgBackRest knows it: the copy's own, once its
 * files are there.
 */
export async function stopFor(
  at: At,
  backups: string,
  record: Pick<CopyRecord, 'backup' | 'timeline' | 'target'>,
  data = at.settings.dataFolder,
): Promise<Stopping> {
  const live = await askLive(at)
  const isWritten = isWriting(live, record.timeline)
  const { target } = record
  if (target !== null) {
    // What is archived already needs no primary that can archive.
    let found = await behindLast(at, backups, record, target, data)
    if (found?.isFinal !== true && isWritten) {
      await mark(at)
      found = await behindLast(at, backups, record, target, data)
    } else if (found?.isFinal !== true && live === undefined) await refuseSilent(at)
    if (found === undefined) return { stop: { at: 'time', utc: utcOf(target) } }
    const { isFinal: _, ...stopping } = found
    return stopping
  }
  const lsn = isWritten ? await mark(at) : undefined
  if (lsn !== undefined) return { stop: { at: 'position', lsn, inclusive: false } }
  const end = await endOf(at, backups, record, data)
  return { stop: { at: 'position', lsn: end.lsn, inclusive: true }, tail: [...end.tail] }
}

/**
 * The same before anything is fetched, where the live primary can say it: one that cannot archive must not be found out once hours of copying are over.
 * Undefined where nobody writes the timeline, or everything up to now is wanted: that is where it stands when the files are there.
 */
export async function stopAhead(
  at: At,
  backups: string,
  record: Pick<CopyRecord, 'backup' | 'timeline' | 'target'>,
): Promise<Stopping | undefined> {
  if (!isWriting(await askLive(at), record.timeline)) return undefined
  if (record.target !== null) return stopFor(at, backups, record)
  await mark(at)
  return undefined
}

function isWriting(live: LiveStatus | undefined, timeline: number): boolean {
  return live !== undefined && !live.recovering && live.timeline === timeline
}

/**
 * Behind the last transaction up to a time, as far as it is archived; undefined where none ended since the backup. Nothing is written. `isFinal`: a later
 * one is archived as well, so none can be missing.
 */
export async function behindLast(
  at: At,
  backups: string,
  record: Pick<CopyRecord, 'backup' | 'timeline'>,
  target: string,
  data = at.settings.dataFolder,
): Promise<(Stopping & { readonly isFinal: boolean }) | undefined> {
  const past = await pastOf(at, backups, record, { data })
  const { last, next } = await around(past, Date.parse(target))
  // Before the end of the backup there is no state that holds together.
  if (last === undefined || !isAtLeast(last.lsn, past.backup.stopLsn)) return undefined
  return {
    isFinal: next !== undefined,
    stop: { at: 'position', lsn: last.lsn, inclusive: true },
    lastAt: last.at.replace(' ', 'T').replace('+00', 'Z'),
  }
}

const marked = z.object({ lsn: z.string(), isOn: z.boolean(), failed: z.number() })
const archiver = z.object({ isDone: z.boolean(), failure: z.string().nullable(), failed: z.number() })

/** So often PostgreSQL tries in a row; the next time is a minute later, and ends as these did. */
const triesInARow = 3

/** Makes a commit and has the log archived up to it; the position behind it. Refuses (`restore-refused`) as soon as it is seen that it cannot. */
async function mark(at: At): Promise<string> {
  const { station, settings } = at
  const server = await socketOf(at, settings.dataFolder)
  if (server === undefined) return refuse('restore-refused', { reason: gone })
  const ask = <T extends z.ZodType>(shape: T, sql: string) => psqlJson(station, settings, server, shape, sql)
  await ask(z.unknown(), `select to_json(pg_current_xact_id()::text)`)
  const { lsn, isOn, failed } = await ask(
    marked,
    `select json_build_object('lsn', pg_current_wal_lsn(), 'isOn', current_setting('archive_mode') <> 'off', 'failed', failed_count)
     from pg_stat_archiver`,
  )
  if (!isOn) refuse('restore-refused', { reason: notOn })
  const { segment } = await ask(
    z.object({ segment: z.string() }),
    `select json_build_object('segment', pg_walfile_name(pg_switch_wal()))`,
  )
  let failure: string | null = null
  const cannot = () => refuse('restore-refused', { reason: failing(failure ?? segment) })
  await waited('archiving', archivedWithinMs, async () => {
    const seen = await ask(
      archiver,
      `select json_build_object('isDone', coalesce(last_archived_wal >= '${segmentName.parse(segment)}', false),
        'failure', case when last_failed_time > coalesce(last_archived_time, '-infinity') then last_failed_wal end, 'failed', failed_count)
       from pg_stat_archiver`,
    )
    failure = seen.failure
    if (!seen.isDone && failure !== null && seen.failed - failed >= triesInARow) cannot()
    return seen.isDone
  }).catch((error: unknown) => {
    if (failure === null) throw error
    cannot()
  })
  return lsn
}

function failing(file: string): Text {
  return {
    en: `the primary cannot archive ${file}: see its log`,
    ja: `プライマリが ${file} をアーカイブできません（ログを確認してください）`,
  }
}

const notOn: Text = {
  en: 'the primary does not archive (archive_mode = off)',
  ja: 'プライマリがアーカイブしていません（archive_mode = off）',
}
const segmentName = z.string().regex(/^[0-9A-F]{24}$/)
const gone = { en: 'the primary no longer answers', ja: 'プライマリが応答しません' }
