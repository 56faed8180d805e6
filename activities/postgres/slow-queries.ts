import { z } from 'zod'
import type { Reading, StepContext } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import { firstBytes, plainLine } from '../plain-text.ts'
import { age, table } from '../table.ts'
import { sqlStateIn } from './answer.ts'
import type { Postgres, Session } from './client.ts'
import { shownQuery } from './query-text.ts'
import { blindness, seesAll } from './sight.ts'

type Params = { readonly connection: string; readonly top: number; readonly runningOver: number }

const excerptBytes = 16_384
const mostRunning = 20

const name = z
  .string()
  .nullable()
  .transform((value) => plainLine(value ?? '', 60))
const query = z
  .string()
  .nullable()
  .transform((value) => shownQuery(value ?? ''))
const running = z.object({
  pid: z.number(),
  user: name,
  application: name,
  wait: name,
  ms: z.number(),
  query,
})
const statement = z.object({
  database: name,
  calls: z.number(),
  meanMs: z.number(),
  totalMs: z.number(),
  rows: z.number(),
  query,
})
type Running = z.infer<typeof running>
type Statement = z.infer<typeof statement>

const runningNow = `
  select pid, usename as "user", application_name as application,
    coalesce(wait_event_type || '/' || wait_event, '') as wait,
    (extract(epoch from clock_timestamp() - query_start) * 1000)::float8 as ms, left(query, 2000) as query
  from pg_stat_activity
  where backend_type = 'client backend' and state = 'active' and pid <> pg_backend_pid()
    and query_start < clock_timestamp() - $1 * interval '1 ms'
  order by query_start limit ${mostRunning}`

const extension = `
  select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
  where e.extname = 'pg_stat_statements'`

/** The extension lies in any schema; pg_catalog stays first, so that nobody's function stands in for one of the server's. */
const findIt = `select set_config('search_path', 'pg_catalog, ' || quote_ident($1), true) as path`

const statements = (by: 'mean_exec_time' | 'total_exec_time') => `
  select d.datname as database, s.calls::float8 as calls, s.mean_exec_time as "meanMs", s.total_exec_time as "totalMs",
    s.rows::float8 as rows, left(s.query, 2000) as query
  from pg_stat_statements s left join pg_database d on d.oid = s.dbid
  order by s. ${by} desc limit $1`

const missing: Text = {
  en: 'The extension pg_stat_statements is not installed in this database; only the queries running now are shown.',
  ja: 'このデータベースに拡張 pg_stat_statements がないため、実行中のクエリだけを表示します。',
}

/** Why pg_stat_statements did not answer, by SQLSTATE. */
const unreadable: { readonly [sqlState: string]: Text } = {
  '55000': {
    en: 'pg_stat_statements is installed but not loaded: it belongs into shared_preload_libraries.',
    ja: 'pg_stat_statements は導入済みですが読み込まれていません。shared_preload_libraries に追加してください。',
  },
  '42501': {
    en: 'The role may not read pg_stat_statements: grant it pg_monitor.',
    ja: 'ロールに pg_stat_statements の読み取り権限がありません。pg_monitor を付与してください。',
  },
  // A schema that the role may not use is left out of its search path without a word.
  '42P01': {
    en: 'The role may not use the schema in which pg_stat_statements lies: grant it usage.',
    ja: 'ロールに pg_stat_statements のスキーマの権限がありません。usage を付与してください。',
  },
  '42703': {
    en: 'This pg_stat_statements is older than 1.8 and is not read.',
    ja: 'pg_stat_statements が 1.8 より古いため読み取れません。',
  },
}

type Statements =
  | { readonly kind: 'read'; readonly byMean: readonly Statement[]; readonly byTotal: readonly Statement[] }
  | { readonly kind: 'not-readable'; readonly says: Text }

/** The slowest statements of the server since the statistics were reset, by mean and by total time, and what runs for long right now. */
export async function readSlowQueries(
  postgres: Postgres,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const { connection, top, runningOver } = params
  const seen = await postgres.read({
    connection,
    context,
    ask: async (session) => ({
      ...(await session.row(z.object({ sees_all: z.boolean() }), `select ${seesAll} as sees_all`)),
      now: await session.rows(running, runningNow, [runningOver]),
      // Last, for a refusal ends the transaction.
      past: await readStatements(session, top),
    }),
  })
  const { now, past, sees_all: seesAllQueries } = seen
  const isRead = past.kind === 'read'
  return {
    facts: {
      connection,
      running: now.map((r) => ({ ...r, ms: Math.round(r.ms) })),
      runningOverMs: runningOver,
      seesAllQueries,
      statements: isRead,
      ...(isRead
        ? { byMean: past.byMean.map(rounded), byTotal: past.byTotal.map(rounded) }
        : { why: past.says }),
    },
    findings: [],
    text: firstBytes(
      [...(seesAllQueries ? [] : [blindness.en]), runningTable(now), ...pastTables(past)].join('\n\n'),
      excerptBytes,
    ),
  }
}

async function readStatements({ rows }: Session, top: number): Promise<Statements> {
  const [found] = await rows(z.object({ schema: z.string() }), extension)
  if (found === undefined) return { kind: 'not-readable', says: missing }
  try {
    await rows(z.object({ path: z.string() }), findIt, [found.schema])
    return {
      kind: 'read',
      byMean: await rows(statement, statements('mean_exec_time'), [top]),
      byTotal: await rows(statement, statements('total_exec_time'), [top]),
    }
  } catch (error) {
    const says = unreadable[sqlStateIn(error) ?? '']
    if (says === undefined) throw error
    return { kind: 'not-readable', says }
  }
}

function rounded(s: Statement): Statement {
  const to = (ms: number) => Math.round(ms * 100) / 100
  return { ...s, meanMs: to(s.meanMs), totalMs: to(s.totalMs) }
}

function runningTable(now: readonly Running[]): string {
  if (now.length === 0) return 'No query runs for long.'
  const rows = now.map((r) => [age(r.ms), String(r.pid), r.user, r.wait, r.query])
  return table([['RUNNING', 'PID', 'USER', 'WAIT', 'QUERY'], ...rows])
}

function pastTables(past: Statements): readonly string[] {
  if (past.kind === 'not-readable') return [past.says.en]
  const shown = (title: string, list: readonly Statement[]) =>
    `${title}\n${table([
      ['MEAN MS', 'TOTAL MS', 'CALLS', 'DATABASE', 'QUERY'],
      ...list.map((s) => [s.meanMs.toFixed(1), s.totalMs.toFixed(0), String(s.calls), s.database, s.query]),
    ])}`
  return [shown('By mean time', past.byMean), shown('By total time', past.byTotal)]
}
