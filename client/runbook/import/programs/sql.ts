/** SQL of runbooks: each of the questions that our steps ask in its usual forms. Any other statement is for a person. */
import type { Text } from '../../../../domain/words.ts'
import { manual, type Reading, step } from './reading.ts'
import { usualServer } from './server.ts'

/** What one statement becomes, at this connection or at the usual one. */
export function stepOfSql(sql: string, connection: string | undefined): Reading {
  const text = normal(sql)
  if (text === undefined) return manual('the statement is not clear', '文が明確ではありません')
  if (text.includes(';')) return manual('several statements at once', '文が複数あります')
  if (callsStranger(text)) return notOurs
  const at = connection === undefined ? {} : { connection }
  for (const { form, read } of forms) {
    const found = form.exec(text)
    if (found !== null) return usualServer(read(text, at) ?? notOurs, connection)
  }
  return notOurs
}

const notOurs = manual('no step runs this statement', 'この SQL に対応する手順がありません')

/** Lower case outside of quotes, single blanks, no comment and no semicolon at the end; undefined for what is too long. */
function normal(sql: string): string | undefined {
  if (sql.length > 10_000) return undefined
  return sql
    .replace(/--[^\n]*/g, ' ')
    .replace(/\/\*.*?\*\//gs, ' ')
    .split(/('(?:[^']|'')*')/)
    .map((part, i) => (i % 2 === 1 ? part : part.toLowerCase()))
    .join('')
    .replace(/\s+/g, ' ')
    .replace(/[; ]+$/, '')
    .trim()
}

/** Functions that only read: any other one may do whatever it likes within a SELECT. */
const readers = new Set(
  (
    'count sum min max avg now age extract coalesce round date_trunc left substr substring to_char clock_timestamp current_database ' +
    'pg_backend_pid pg_current_wal_lsn pg_wal_lsn_diff pg_last_xact_replay_timestamp pg_size_pretty and or in interval pg_terminate_backend'
  ).split(' '),
)

function callsStranger(text: string): boolean {
  const bare = text.replace(/'(?:[^']|'')*'/g, "''")
  return [...bare.matchAll(/([\w.]+) ?\(/g)].some(([, name]) => name === undefined || !readers.has(name))
}

type At = { readonly connection?: string }
type Form = { readonly form: RegExp; readonly read: (text: string, at: At) => Reading | undefined }

const forms: readonly Form[] = [
  {
    form: /^select 1$/,
    read: (_, at) => step('postgres.ready', at, says('whether it answers', '応答の有無')),
  },
  { form: /^select pg_terminate_backend ?\( ?pid ?\)/, read: terminateIdle },
  { form: /\bpg_(?:terminate|cancel)_backend\b|\bpg_(?:locks|blocking_pids)\b/, read: () => undefined },
  {
    form: /^select [^()]*(?:\([^()]*\)[^()]*)*from pg_stat_replication$/,
    read: (_, at) =>
      step(
        'postgres.replication',
        at,
        says('the replicas as the primary sees them', 'プライマリから見たレプリカ'),
      ),
  },
  {
    form: /^select (?:now ?\( ?\)|clock_timestamp ?\( ?\)|current_timestamp) ?- ?pg_last_xact_replay_timestamp ?\( ?\)(?: as \w+| \w+)?$/,
    read: (_, at) => step('postgres.lag', at, says('how far the replica is behind', 'レプリカの遅延')),
  },
  { form: /^select .+ from pg_stat_statements\b/, read: slowStatements },
  { form: /^select .+ from pg_stat_activity\b/, read: activity },
]

function says(en: string, ja: string): Text {
  return { en, ja }
}

const harmless = new Set([
  "state = 'idle'",
  'pid <> pg_backend_pid()',
  'pid != pg_backend_pid()',
  'datname = current_database()',
  "backend_type = 'client backend'",
])
const idleFor =
  /^(?:now ?\( ?\) ?- ?state_change ?>=? ?|state_change ?<=? ?(?:now ?\( ?\)|current_timestamp) ?- ?)interval ?'([^']+)'$/

/** Idle sessions of some age, and nothing else: what else the statement chooses by is another deed. */
function terminateIdle(text: string, at: At): Reading | undefined {
  const [, where] =
    /^select pg_terminate_backend ?\( ?pid ?\) from pg_stat_activity where (.+)$/.exec(text) ?? []
  if (where === undefined) return undefined
  const conditions = where.split(' and ').map((each) => each.trim())
  const ages = conditions.flatMap((each) => idleFor.exec(each)?.[1] ?? [])
  const rest = conditions.filter((each) => !idleFor.test(each))
  const isIdle = rest.includes("state = 'idle'") || rest.includes("state='idle'")
  const known = rest.every((each) => harmless.has(each.replace(/ ?= ?/, ' = ')))
  const olderThan = ages.length === 1 ? durationOf(ages[0] ?? '') : undefined
  if (!isIdle || !known || olderThan === undefined) return undefined
  if (at.connection === undefined)
    return manual('which server it is about is not said', '対象のサーバーが書かれていません')
  return step(
    'postgres.terminate-idle',
    { ...at, olderThan },
    says('terminates idle connections', 'アイドル接続の切断'),
  )
}

/** `10 minutes`, `1 hour`, `30s` */
export function durationOf(interval: string): string | undefined {
  const [, amount, unit] =
    /^(\d{1,6}) ?(s|m|h|d|secs?|seconds?|mins?|minutes?|hours?|days?)$/i.exec(interval.trim()) ?? []
  return amount === undefined || unit === undefined ? undefined : `${Number(amount)}${unit[0]?.toLowerCase()}`
}

function slowStatements(text: string, at: At): Reading | undefined {
  const [, limit] = / order by (?:mean|total|max)_(?:exec_)?time desc(?: limit (\d{1,4}))?$/.exec(text) ?? []
  if (!/ order by (?:mean|total|max)_(?:exec_)?time desc/.test(text) || / where | group by /.test(text))
    return undefined
  const top = limit === undefined ? {} : { top: Number(limit) }
  return step('postgres.slow-queries', { ...at, ...top }, says('the slowest statements', '遅いクエリ'))
}

/** Whoever asks for the text of queries looks for the slow ones; who counts states looks for connections. */
function activity(text: string, at: At): Reading | undefined {
  if (/ join | union |pg_locks|wait_event ?=|blocked/.test(text)) return undefined
  const [, columns = ''] = /^select (.+?) from pg_stat_activity\b/.exec(text) ?? []
  if (!/\bquery\b/.test(columns)) {
    const counts = /count ?\(/.test(columns)
    return counts
      ? step('postgres.connections', at, says('connections by their state', '状態ごとの接続数'))
      : undefined
  }
  const [, where = ''] = / where (.+?)(?: order by | group by | limit |$)/.exec(text) ?? []
  if (!/state ?= ?'active'|state ?(?:<>|!=) ?'idle'/.test(where)) return undefined
  const [, interval] = /interval ?'([^']+)'/.exec(where) ?? []
  const runningOver = interval === undefined ? '0s' : durationOf(interval)
  return runningOver === undefined
    ? undefined
    : step('postgres.slow-queries', { ...at, runningOver }, says('queries that run now', '実行中のクエリ'))
}
