import { z } from 'zod'
import { counted, verbFor } from '../../domain/counted.ts'
import { showDuration } from '../../domain/duration.ts'
import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'
import { said, type Text, type Words } from '../../domain/words.ts'
import { excerptOf, plainLine } from '../../edge/plain-text.ts'
import { carriedBy } from '../../wire/carried.ts'
import { isRefusal } from '../refusal.ts'
import { age, table } from '../table.ts'
import type { Postgres, Session } from './client.ts'
import { connectionsExhausted, exhaustedFromPercent } from './exhausted.ts'
import { blindness, seesAll } from './sight.ts'

type Params = { readonly connection: string; readonly idleAfter: number }

const mostListed = 20
/** Six states by nine kinds of wait are 54 lines at most. */
const mostProcesses = 60
const excerptBytes = 16_384
/** This share of max_connections idle for long is a leak, not a pool at rest. */
const manyIdle = 1 / 5

const name = z
  .string()
  .nullable()
  .transform((value) => plainLine(value ?? '', 60))

const total = z.object({
  max: z.number(),
  kept: z.number(),
  used: z.number(),
  idle: z.number(),
  idle_in_transaction: z.number(),
  sees_all: z.boolean(),
})
const state = z.object({ state: name, wait: name, count: z.number() })
const processes = z.object({
  state: z.string().nullable(),
  waitType: z.string().nullable(),
  count: z.number(),
})
const user = z.object({ user: name, database: name, application: name, count: z.number() })
const sitting = z.object({
  pid: z.number(),
  state: name,
  user: name,
  database: name,
  application: name,
  client: name,
  for_ms: z.number(),
})
type Seen = {
  readonly total: z.infer<typeof total>
  readonly states: readonly z.infer<typeof state>[]
  readonly processes: readonly z.infer<typeof processes>[]
  readonly users: readonly z.infer<typeof user>[]
  readonly longest: readonly z.infer<typeof sitting>[]
}

// Only client backends count against max_connections; replication and background processes have slots of their own.
const totals = `
  select current_setting('max_connections')::int as max,
    current_setting('superuser_reserved_connections')::int
      + coalesce(current_setting('reserved_connections', true)::int, 0) as kept,
    count(*)::int as used,
    (count(*) filter (where state = 'idle' and state_change < now() - $1 * interval '1 ms'))::int as idle,
    (count(*) filter (where state like 'idle in transaction%'
      and state_change < now() - $1 * interval '1 ms'))::int as idle_in_transaction,
    ${seesAll} as sees_all
  from pg_stat_activity where backend_type = 'client backend'`

const byState = `
  select coalesce(state, 'unknown') as state, coalesce(wait_event_type || '/' || wait_event, '') as wait, count(*)::int as count
  from pg_stat_activity where backend_type = 'client backend'
  group by 1, 2 order by count desc, 1, 2 limit ${mostListed}`

// Background processes too, which have no state; whoever counts all that PostgreSQL does wants them.
const allProcesses = `
  select state, wait_event_type as "waitType", count(*)::int as count
  from pg_stat_activity group by 1, 2 order by count desc, 1, 2 limit ${mostProcesses}`

const byUser = `
  select usename as "user", datname as database, application_name as application, count(*)::int as count
  from pg_stat_activity where backend_type = 'client backend'
  group by 1, 2, 3 order by count desc, 1, 2, 3 limit ${mostListed}`

const longestIdle = `
  select pid, state, usename as "user", datname as database, application_name as application,
    coalesce(host(client_addr), 'local') as client,
    (extract(epoch from now() - state_change) * 1000)::float8 as for_ms
  from pg_stat_activity
  where backend_type = 'client backend' and (state = 'idle' or state like 'idle in transaction%')
  order by state_change, pid limit ${mostListed}`

/** Who holds how many of the slots there are, doing what; a server without a free slot is read from its refusal. */
export async function readBackends(
  postgres: Postgres,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const { connection } = params
  try {
    return await postgres.read({ connection, context, ask: (session) => read(session, params) })
  } catch (error) {
    if (!isRefusal(error, 'database-full')) throw error
    const refused = said(carriedBy(error)?.params.reason)
    const finding = connectionsExhausted(connection, { refused })
    // Nobody was let in to look for the others.
    return { facts: { connection, refused }, findings: [finding], text: finding.says, partial: true }
  }
}

async function read(session: Session, params: Params): Promise<Reading> {
  const seen = {
    total: await session.row(total, totals, [params.idleAfter]),
    states: await session.rows(state, byState),
    processes: await session.rows(processes, allProcesses),
    users: await session.rows(user, byUser),
    longest: await session.rows(sitting, longestIdle),
  }
  const { max, kept, used, idle, idle_in_transaction: idleInTransaction, sees_all: seesStates } = seen.total
  const percent = Math.round((used / max) * 1_000) / 10
  // What is kept back is none of the application's: it is full before the server is.
  const isExhausted = session.isReserved || used * 100 >= (max - kept) * exhaustedFromPercent
  const hasManyIdle = idle + idleInTransaction >= max * manyIdle
  const findings = [
    ...(isExhausted ? [connectionsExhausted(params.connection, { used, max, kept, percent })] : []),
    // Kept apart because they are repaired apart: ending a transaction rolls its work back.
    ...(hasManyIdle && idle > 0 ? [idleConnections(params, seen)] : []),
    ...(hasManyIdle && idleInTransaction > 0 ? [idleInTransactions(params, seen)] : []),
  ]
  return {
    facts: {
      connection: params.connection,
      used,
      max,
      percent,
      keptBack: kept,
      throughReserved: session.isReserved,
      idleAfterMs: params.idleAfter,
      idle,
      idleInTransaction,
      seesStates,
      byState: [...seen.states],
      processes: [...seen.processes],
      byUser: [...seen.users],
      longestIdle: seen.longest.map(({ for_ms: ms, ...who }) => ({ ...who, forMs: Math.round(ms) })),
    },
    findings,
    text: excerpt(seen, percent),
  }
}

function idleConnections({ connection, idleAfter }: Params, { total: found, longest }: Seen): Finding {
  const { idle, max } = found
  const over = showDuration(idleAfter)
  return {
    code: 'idle-connections',
    subject: serverName('postgres', connection),
    says: {
      en: `${counted(idle, 'connection')} of ${connection} ${verbFor(idle)} idle for more than ${over}`,
      ja: `${connection} の接続 ${idle} 本が ${over} を超えてアイドル`,
    },
    evidence: longest
      .filter((s) => s.state === 'idle')
      .slice(0, 5)
      .map(sittingLine),
    data: { idle, max, idleAfterMs: idleAfter },
  }
}

function idleInTransactions({ connection, idleAfter }: Params, { total: found, longest }: Seen): Finding {
  const { idle_in_transaction: idleInTransaction, max } = found
  const over = showDuration(idleAfter)
  return {
    code: 'idle-in-transaction',
    subject: serverName('postgres', connection),
    says: {
      en: `${counted(idleInTransaction, 'connection')} of ${connection} ${verbFor(idleInTransaction, 'sits', 'sit')} idle in a transaction for more than ${over}`,
      ja: `${connection} の接続 ${idleInTransaction} 本が ${over} を超えてトランザクション中のまま`,
    },
    evidence: longest
      .filter((s) => s.state !== 'idle')
      .slice(0, 5)
      .map(sittingLine),
    data: { idleInTransaction, max, idleAfterMs: idleAfter },
  }
}

function sittingLine(s: z.infer<typeof sitting>): Text {
  const who = `pid ${s.pid} ${s.user} ${s.application}: ${s.state}`
  return { en: `${who} for ${age(s.for_ms)}`, ja: `${who}（${age(s.for_ms)}）` }
}

function excerpt(
  { total: { used, max, sees_all: seesStates }, states, users, longest }: Seen,
  percent: number,
): Words {
  const rows = (head: readonly string[], body: readonly (readonly string[])[]) => table([head, ...body])
  const parts = [
    { en: `${used} of ${max} connections (${percent} %)`, ja: `接続 ${max} 本中 ${used} 本（${percent} %）` },
    ...(seesStates ? [] : [blindness]),
    rows(
      ['COUNT', 'STATE', 'WAIT'],
      states.map((s) => [String(s.count), s.state, s.wait]),
    ),
    rows(
      ['COUNT', 'USER', 'DATABASE', 'APPLICATION'],
      users.map((u) => [String(u.count), u.user, u.database, u.application]),
    ),
    rows(
      ['IDLE', 'PID', 'STATE', 'USER', 'CLIENT', 'APPLICATION'],
      longest.map((s) => [age(s.for_ms), String(s.pid), s.state, s.user, s.client, s.application]),
    ),
  ]
  return excerptOf(parts, excerptBytes, '\n\n')
}
