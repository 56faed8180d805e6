/** How far the live primary is ahead of its archive, as the server itself says it. */
import { z } from 'zod'
import { timelineOf } from '../../../domain/restore/segment.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import type { Postgres } from '../../postgres/client.ts'

export type Primary = {
  /** By the server's clock, which stamps its commits. */
  readonly nowMs: number
  /** PostgreSQL's own identity of its cluster. */
  readonly system: string
  readonly timeline: number
  readonly flushLsn: string
  readonly archives: boolean
  readonly failedCount: number
  readonly lastArchived: Archived | undefined
  readonly lastFailed: Archived | undefined
}

/** A file of the log, and when the archiver had to do with it. */
export type Archived = { readonly file: string; readonly atMs: number }

const file = z
  .string()
  .nullable()
  .transform((name) => plainLine(name ?? '', 60))
const answer = z.object({
  now_ms: z.number(),
  recovering: z.boolean(),
  system: z.string(),
  segment: z.string().nullable(),
  lsn: z.string().nullable(),
  archives: z.boolean(),
  failed_count: z.number(),
  last_archived: file,
  archived_ms: z.number().nullable(),
  last_failed: file,
  failed_ms: z.number().nullable(),
})

const ms = (of: string) => `floor(extract(epoch from ${of}) * 1000)::float8`
// A standby has no position to write at, and its functions refuse.
const question = `
  select ${ms('clock_timestamp()')} as now_ms, r.recovering,
    (select system_identifier::text from pg_control_system()) as system,
    case when not r.recovering then pg_walfile_name(pg_current_wal_insert_lsn()) end as segment,
    case when not r.recovering then pg_current_wal_flush_lsn()::text end as lsn,
    current_setting('archive_mode') <> 'off' as archives, a.failed_count::float8 as failed_count,
    a.last_archived_wal as last_archived, ${ms('a.last_archived_time')} as archived_ms,
    a.last_failed_wal as last_failed, ${ms('a.last_failed_time')} as failed_ms
  from pg_stat_archiver a, (select pg_is_in_recovery() as recovering) r`

/** Undefined when the server is a standby: it says nothing of what is written. Errors: those of `Postgres.read`. */
export async function readPrimary(
  postgres: Postgres,
  connection: string,
  context: StepContext,
): Promise<Primary | undefined> {
  const said = await postgres.read({ connection, context, ask: ({ row }) => row(answer, question) })
  const timeline = timelineOf(said.segment ?? '')
  if (said.recovering || timeline === undefined || said.lsn === null) return undefined
  return {
    nowMs: said.now_ms,
    system: said.system,
    timeline,
    flushLsn: said.lsn,
    archives: said.archives,
    failedCount: said.failed_count,
    lastArchived: archived(said.last_archived, said.archived_ms),
    lastFailed: archived(said.last_failed, said.failed_ms),
  }
}

function archived(name: string, atMs: number | null): Archived | undefined {
  return atMs === null ? undefined : { file: name, atMs }
}
