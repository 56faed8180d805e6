import { escapeIdentifier } from 'pg'
import { z } from 'zod'
import { present } from '../../domain/present.ts'
import type { Reading, StepContext } from '../../domain/steps/contract.ts'
import type { Text, Words } from '../../domain/words.ts'
import { excerptOf, plainLine } from '../../edge/plain-text.ts'
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
/** Bytes, which psql prints as `\x` and hexadecimal figures. */
const query = z
  .union([z.instanceof(Buffer), z.string().transform(bytesOfHex)])
  .nullable()
  .transform((bytes) => shownQuery((bytes ?? Buffer.alloc(0)).toString()))
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

/**
 * Queries of databases in other encodings lie beside those of our own, and PostgreSQL checks text wherever it cuts or turns it: one letter
 * would refuse them all. So their bytes are asked for, and read as far as they can be.
 */
const beginning = (of: string) => `substring(textsend(${of}) from 1 for 2000)`

const runningNow = `
  select pid, usename as "user", application_name as application,
    coalesce(wait_event_type || '/' || wait_event, '') as wait,
    (extract(epoch from clock_timestamp() - query_start) * 1000)::float8 as ms,
    ${beginning('query')} as query
  from pg_stat_activity
  where backend_type = 'client backend' and state = 'active' and pid <> pg_backend_pid()
    and query_start < clock_timestamp() - $1 * interval '1 ms'
  order by query_start limit ${mostRunning}`

const extension = `
  select n.nspname as schema, has_schema_privilege(n.oid, 'usage') as usable
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'`

/**
 * By its full name, because the extension can be in any schema, and nothing else there must be found. Without texts where one of them
 * cannot be given: the server turns each into our database's encoding, and refuses all for one that is not what its database says.
 */
const statements = (by: 'mean_exec_time' | 'total_exec_time', schema: string, texts: boolean) => `
  select d.datname as database, s.calls::float8 as calls, s.mean_exec_time as "meanMs", s.total_exec_time as "totalMs",
    s.rows::float8 as rows, ${beginning(texts ? 's.query' : "('query ' || s.queryid::text)")} as query
  from ${escapeIdentifier(schema)}.pg_stat_statements(${texts}) s left join pg_database d on d.oid = s.dbid
  order by s.${by} desc limit $1`

const missing: Text = {
  en: 'The extension pg_stat_statements is not installed in this database; showing only the queries running now.',
  ja: 'このデータベースに拡張 pg_stat_statements がないため、実行中のクエリだけを表示します。',
}

const unusable: Text = {
  en: 'The role may not use the schema of pg_stat_statements: grant it usage.',
  ja: 'ロールに pg_stat_statements のスキーマの権限がありません。usage を付与してください。',
}

const withoutTexts: Text = {
  en: 'A statement from a database with another encoding keeps PostgreSQL from returning the SQL: showing statements by number (queryid).',
  ja: '文字コードの異なるデータベースの文があるため、PostgreSQL は SQL 文を返せません。番号（queryid）で表示します。',
}

/** A text that is not of its encoding, or that ours has no letters for. */
const unreadableText: readonly (string | undefined)[] = ['22021', '22P05']

/** Why pg_stat_statements did not answer, by SQLSTATE. */
const unreadable: { readonly [sqlState: string]: Text } = {
  '55000': {
    en: 'pg_stat_statements is installed but not loaded: add it to shared_preload_libraries.',
    ja: 'pg_stat_statements は導入済みですが読み込まれていません。shared_preload_libraries に追加してください。',
  },
  '42501': {
    en: 'The role may not read pg_stat_statements: grant it pg_monitor.',
    ja: 'ロールに pg_stat_statements の読み取り権限がありません。pg_monitor を付与してください。',
  },
  '42703': {
    en: 'pg_stat_statements is older than 1.8 and cannot be read.',
    ja: 'pg_stat_statements が 1.8 より古いため読み取れません。',
  },
}

type Statements =
  | {
      readonly kind: 'read'
      readonly byMean: readonly Statement[]
      readonly byTotal: readonly Statement[]
      readonly note?: Text
    }
  | { readonly kind: 'not-readable'; readonly says: Text }

/** The slowest statements of the server since the statistics were reset, by mean and by total time, and what runs for long right now. */
export async function readSlowQueries(
  postgres: Postgres,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const { connection, top, runningOver } = params
  const { now, seesAllQueries } = await postgres.read({
    connection,
    context,
    ask: async ({ row, rows }) => ({
      seesAllQueries: (await row(z.object({ all: z.boolean() }), `select ${seesAll} as all`)).all,
      now: await rows(running, runningNow, [runningOver]),
    }),
  })
  const past = await readStatements(postgres, connection, top, context)
  const isRead = past.kind === 'read'
  return {
    facts: {
      connection,
      running: now.map((r) => ({ ...r, ms: Math.round(r.ms) })),
      runningOverMs: runningOver,
      seesAllQueries,
      statements: isRead,
      ...(isRead
        ? {
            byMean: past.byMean.map(rounded),
            byTotal: past.byTotal.map(rounded),
            ...present({ why: past.note }),
          }
        : { why: past.says }),
    },
    findings: [],
    text: excerptOf(
      [...(seesAllQueries ? [] : [blindness]), runningTable(now), ...pastTables(past)],
      excerptBytes,
      '\n\n',
    ),
  }
}

/** A session of its own: a refusal ends its transaction. */
async function readStatements(
  postgres: Postgres,
  connection: string,
  top: number,
  context: StepContext,
): Promise<Statements> {
  const ask = (texts: boolean) =>
    postgres.read({ connection, context, ask: (session) => statementsIn(session, top, texts) })
  try {
    return await ask(true)
  } catch (error) {
    const sqlState = sqlStateIn(error)
    if (!unreadableText.includes(sqlState)) throw error
    const past = await ask(false)
    return past.kind === 'read' ? { ...past, note: withoutTexts } : past
  }
}

async function statementsIn({ rows }: Session, top: number, texts: boolean): Promise<Statements> {
  const [found] = await rows(z.object({ schema: z.string(), usable: z.boolean() }), extension)
  if (found === undefined) return { kind: 'not-readable', says: missing }
  if (!found.usable) return { kind: 'not-readable', says: unusable }
  try {
    return {
      kind: 'read',
      byMean: await rows(statement, statements('mean_exec_time', found.schema, texts), [top]),
      byTotal: await rows(statement, statements('total_exec_time', found.schema, texts), [top]),
    }
  } catch (error) {
    const says = unreadable[sqlStateIn(error) ?? '']
    if (says === undefined) throw error
    return { kind: 'not-readable', says }
  }
}

function bytesOfHex(shown: string): Buffer {
  return Buffer.from(shown.replace(/^\\x/, ''), 'hex')
}

function rounded(s: Statement): Statement {
  const to = (ms: number) => Math.round(ms * 100) / 100
  return { ...s, meanMs: to(s.meanMs), totalMs: to(s.totalMs) }
}

function runningTable(now: readonly Running[]): Words {
  if (now.length === 0) return { en: 'No long-running query.', ja: '長時間実行中のクエリはありません。' }
  const rows = now.map((r) => [age(r.ms), String(r.pid), r.user, r.wait, r.query])
  return table([['RUNNING', 'PID', 'USER', 'WAIT', 'QUERY'], ...rows])
}

function pastTables(past: Statements): readonly Words[] {
  if (past.kind === 'not-readable') return [past.says]
  const shown = (title: Text, list: readonly Statement[]) =>
    excerptOf(
      [
        title,
        table([
          ['MEAN MS', 'TOTAL MS', 'CALLS', 'DATABASE', 'QUERY'],
          ...list.map((s) => [
            s.meanMs.toFixed(1),
            s.totalMs.toFixed(0),
            String(s.calls),
            s.database,
            s.query,
          ]),
        ]),
      ],
      excerptBytes,
    )
  return [
    ...(past.note === undefined ? [] : [past.note]),
    shown({ en: 'By mean time', ja: '平均時間順' }, past.byMean),
    shown({ en: 'By total time', ja: '合計時間順' }, past.byTotal),
  ]
}
