/** What is in the live database and not in the copy: told before anybody approves a cut-over. */
import { z } from 'zod'
import { isDrift } from '../../../domain/approval/same-plan.ts'
import { pathTo, reachFrom } from '../../../domain/restore/path.ts'
import { lsnAt, positionOf, segmentAt } from '../../../domain/restore/segment.ts'
import type { Text } from '../../../domain/words.ts'
import { pulse } from '../../pulse.ts'
import type { Copy } from '../copy.ts'
import { serverOf } from '../copy-server.ts'
import { askLive, type LiveStatus, socketOf } from '../live.ts'
import type { At } from '../place.ts'
import { psqlJson, type Server } from '../psql.ts'
import { type Run, runAt } from '../repository/program.ts'
import { readRepository } from '../repository/repository.ts'
import { type Ended, endedLive, endedOn, mostSegments } from '../repository/waldump.ts'

const counts = z.record(z.string(), z.number())

/** Rows of tables, by `database.schema.table`; live, and in what would be there instead. */
export const loss = z.strictObject({
  /** Null: nobody could count them, which is not none. */
  commits: z.number().nullable(),
  rows: z.array(z.strictObject({ table: z.string(), live: z.number(), copy: z.number() })).nullable(),
})
export type Loss = z.infer<typeof loss>

/** Exact up to so many rows, as the statistics have them beyond. */
const countedUpTo = 2_000_000
const tablesShown = 50

const databases = `select json_agg(datname) from pg_database where datallowconn and not datistemplate`
const tables = `
  select coalesce(json_object_agg(current_database() || '.' || n.nspname || '.' || c.relname,
    case when c.reltuples > ${countedUpTo} then c.reltuples::bigint
      else ((xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I', n.nspname, c.relname), false, true, '')))[1])::text::bigint
    end), '{}')
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname not in ('pg_catalog', 'information_schema')`

export async function lossOf(at: At, copy: Copy, since: string): Promise<Loss> {
  const live = await socketOf(at, at.settings.dataFolder)
  if (live === undefined) return { commits: null, rows: null }
  const [there, here, commits] = await Promise.all([
    rowsOf(at, live),
    rowsOf(at, serverOf(at.settings, copy)),
    commitsSince(at, since),
  ])
  if (there === undefined || here === undefined) return { commits, rows: null }
  const names = [...new Set([...Object.keys(there), ...Object.keys(here)])].sort()
  const rows = names
    .map((table) => ({ table, live: there[table] ?? 0, copy: here[table] ?? 0 }))
    .filter(({ live: a, copy: b }) => a !== b)
  return { commits, rows: rows.slice(0, tablesShown) }
}

async function rowsOf(
  { station, settings }: At,
  server: Server,
): Promise<Readonly<Record<string, number>> | undefined> {
  try {
    const names = await psqlJson(station, settings, server, z.array(z.string()), databases)
    const all: Record<string, number>[] = []
    for (const name of names) all.push(await psqlJson(station, settings, server, counts, tables, name))
    return Object.assign({}, ...all)
  } catch {
    // A table that somebody holds, or too much to count in time: that is said as not known.
    return undefined
  }
}

/** Transactions that the live server has committed after a position; null where nobody can count them, which is not none. */
export async function commitsSince(at: At, since: string): Promise<number | null> {
  const { settings } = at
  const live = await askLive(at)
  if (live === undefined || live.recovering) return null
  const run = runAt(at.station, countsWithinMs)
  const commits = (ended: readonly Ended[]) => ended.filter(({ kind }) => kind === 'commit').length
  try {
    return commits(await endedLive({ run, settings }, live.timeline, since, live.lsn))
  } catch {
    pulse().signal.throwIfAborted()
    // The server has removed the beginning: that is in the repository.
    return archivedSince(at, run, live, since).catch(() => null)
  }
}

const countsWithinMs = 60_000
/** More is not read through for the sake of a count. */
const mostSegmentsCounted = 512

async function archivedSince(at: At, run: Run, live: LiveStatus, since: string): Promise<number | null> {
  const { settings } = at
  const { repository } = await readRepository(run, settings.stanza, settings)
  const { segmentBytes } = repository
  const path = pathTo(repository, live.timeline)
  const from = positionOf(since)
  const end = positionOf(live.lsn)
  if (from === undefined || end === undefined) return null
  const first = segmentAt(from, segmentBytes)
  const reach = reachFrom(path, repository.runs, first)
  if (reach < first || reach - first > mostSegmentsCounted) return null
  const log = { run, settings, segmentBytes }
  const seen = new Set<string>()
  const add = (ended: readonly Ended[]) => {
    for (const { kind, lsn } of ended) if (kind === 'commit' && (positionOf(lsn) ?? 0) >= from) seen.add(lsn)
  }
  for (let segment = first; segment <= reach; segment += mostSegments - 1)
    add(await endedOn(log, path, segment, reach))
  const rest = (reach + 1) * segmentBytes
  if (rest < end) add(await endedLive(log, live.timeline, lsnAt(rest), live.lsn))
  return seen.size
}

/** What moved by itself since people were told is told as it was; what was told otherwise may be a forger's, down to each table. */
export function lossTold(found: Loss, told: Loss | undefined): Loss {
  if (told === undefined) return found
  const isSame =
    found.commits === null || told.commits === null
      ? found.commits === told.commits
      : isDrift(told.commits, found.commits)
  return isSame && areSameRows(told.rows, found.rows) ? told : found
}

/** A table that only one of them names had as many rows live as in the copy, which does not move. */
function areSameRows(told: Loss['rows'], found: Loss['rows']): boolean {
  if (told === null || found === null) return told === found
  const tables = new Set([...told, ...found].map(({ table }) => table))
  return [...tables].every((table) => {
    const [before, now] = [told, found].map((rows) => rows.find((one) => one.table === table))
    if (before !== undefined && now !== undefined && before.copy !== now.copy) return false
    return isDrift(lostOf(before), lostOf(now))
  })
}

function lostOf(row: { readonly live: number; readonly copy: number } | undefined): number {
  return row === undefined ? 0 : Math.abs(row.live - row.copy)
}

export function lossText({ commits, rows }: Loss): Text {
  const shown = (rows ?? []).slice(0, 3)
  const more = (rows?.length ?? 0) > shown.length
  const list = {
    en: shown.map(({ table, live, copy }) => `${table}: live ${live}, copy ${copy}`).join('; '),
    ja: shown.map(({ table, live, copy }) => `${table}: 現在 ${live}、コピー ${copy}`).join('; '),
  }
  const counted =
    shown.length === 0
      ? { en: '', ja: '' }
      : { en: ` (rows: ${list.en}${more ? '; …' : ''})`, ja: `（行数 ${list.ja}${more ? ' など' : ''}）` }
  return {
    en: `${commits ?? 'an unknown number of'} commits made since are lost${counted.en}`,
    ja: `その後のコミット${commits === null ? '（件数不明）' : ` ${commits} 件`}が失われます${counted.ja}`,
  }
}
