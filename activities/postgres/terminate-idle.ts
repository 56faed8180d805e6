import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { isDrift } from '../../domain/approval/same-plan.ts'
import { counted, verbFor } from '../../domain/counted.ts'
import { showDuration } from '../../domain/duration.ts'
import type { ChangeHand, Done, Plan, StepContext, Verified } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'
import { refuseChanged } from '../changed.ts'
import { pause } from '../pulse.ts'
import { refuse } from '../refusal.ts'
import type { Postgres } from './client.ts'
import { blindness, maySignal, seesAll } from './sight.ts'
import { standbyWords } from './standby.ts'

type Params = {
  readonly connection: string
  readonly olderThan: number
  readonly inTransaction: boolean
  readonly limit: number
}

/** Since the last one went. */
const goneWithinMs = 10_000
const lookEveryMs = 1_000

/** A pid alone is given out again; with the start of its process, to the microsecond, it is one session and no other. */
const session = z.object({ pid: z.number(), backendStart: z.string(), stateChange: z.string() })
const change = z.object({
  database: z.string(),
  states: z.array(z.string()),
  sessions: z.array(session).readonly(),
})
type Change = z.infer<typeof change>

const aborted = 'idle in transaction (aborted)'

/** Whom this step may ever touch: clients of the connection's own database, no superuser, not ourselves. */
const touchable = `a.backend_type = 'client backend' and a.datname = current_database() and a.pid <> pg_backend_pid()
  and not exists (select from pg_roles r where r.oid = a.usesysid and r.rolsuper)`

const exact = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const findIdle = `
  select a.pid, ${exact('a.backend_start')} as "backendStart", ${exact('a.state_change')} as "stateChange",
    pg_has_role(current_user, a.usesysid, 'usage') as own
  from pg_stat_activity a
  where ${touchable} and a.state = any ($1::text[]) and a.state_change <= now() - $2 * interval '1 ms'
  order by a.state_change, a.pid`

/** The same that are idle for less. */
const findYoung = findIdle.replace('a.state_change <= now()', 'a.state_change > now()')

const abouts = z.object({
  database: z.string(),
  recovering: z.boolean(),
  seesAll: z.boolean(),
  maySignal: z.boolean(),
  used: z.number(),
})
const about = `
  select current_database() as database, pg_is_in_recovery() as recovering, ${seesAll} as "seesAll",
    ${maySignal} as "maySignal",
    (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used`

// Looking and terminating are one statement, microseconds apart; PostgreSQL has no way to make them one moment.
const planned = `unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) as p (pid, backend_start, state_change)
  left join pg_stat_activity a on a.pid = p.pid and a.backend_start = p.backend_start`
const terminate = `
  select p.pid, case
      when a.pid is null then 'gone'
      when not (${touchable}) or a.state_change is distinct from p.state_change
        or a.state is null or a.state <> all ($4::text[]) then 'spared'
      when pg_terminate_backend(a.pid) then 'ended'
      else 'gone'
    end as outcome
  from ${planned}`
const stillThere = `select p.pid from ${planned} where a.pid is not null`

/** Terminates exactly the sessions that were planned, where they are still the same and still idle. */
export function terminateIdleHand(postgres: Postgres): ChangeHand<Params> {
  return {
    plan: (params, context, told) => planTermination(postgres, params, context, told),
    run: ({ connection }, plan, context) => run(postgres, connection, plan, context),
    verify: ({ connection }, plan, done, context) => verify(postgres, connection, plan, done, context),
  }
}

async function planTermination(
  postgres: Postgres,
  params: Params,
  context: StepContext,
  told: Plan | undefined,
): Promise<Plan> {
  const { connection, olderThan, inTransaction, limit } = params
  const states = inTransaction ? ['idle', 'idle in transaction', aborted] : ['idle']
  const known = change.safeParse(told?.change).data?.sessions
  const { facts, found, young, isPooled } = await postgres.read({
    connection,
    context,
    ask: async ({ row, rows, isPooled }) => ({
      isPooled,
      facts: await row(abouts, about),
      found: await rows(session.extend({ own: z.boolean() }), findIdle, [states, olderThan]),
      young: known === undefined ? [] : await rows(session, findYoung, [states, olderThan]),
    }),
  })
  if (isPooled) refuse('pooler-in-front', { connection })
  if (!facts.seesAll) refuse('database-refused', { connection, reason: blindness })
  if (!facts.maySignal && found.some((one) => !one.own)) {
    const reason = {
      en: "The role may not terminate other roles' sessions: grant it pg_signal_backend.",
      ja: 'このロールは他のセッションを切断できません。pg_signal_backend を付与してください。',
    }
    refuse('database-refused', { connection, reason })
  }
  const own = found.slice(0, limit).map(({ own: _, ...identity }) => identity)
  // Of those that people were told some may be gone, or at work: they are left alone. None was too young to be meant.
  const isMeant = known !== undefined && known.length <= limit && !known.some((one) => isIn(young, one))
  const sessions = isMeant ? known : own
  const used = isMeant ? usedTold(facts.used, told) : facts.used
  const over = showDuration(olderThan)
  const standby = standbyWords(connection)
  return {
    target: serverName('postgres', connection),
    says: {
      en: `Terminate ${sessions.length} of ${used} connections of ${connection}, idle for more than ${over}${facts.recovering ? `. ${standby.en}` : ''}`,
      ja: `${connection} の接続 ${used} 本中、${over} を超えてアイドルの ${sessions.length} 本を切断${facts.recovering ? `。${standby.ja}` : ''}`,
    },
    nothingToDo: sessions.length === 0,
    change: { database: facts.database, states, sessions },
    before: { used: facts.used, idle: found.length },
    pods: { ready: 0, notReady: 0, ofReady: 0 },
  }
}

/** The same session, idle since the same moment: one that was used meanwhile is none that was meant. */
function isIn(sessions: Change['sessions'], session: Change['sessions'][number]): boolean {
  return sessions.some((one) => isDeepStrictEqual(one, session))
}

/** How many connections people were told of, where that may have moved since. */
function usedTold(used: number, told: Plan | undefined): number {
  const before = z.object({ used: z.number() }).safeParse(told?.before).data
  return before !== undefined && isDrift(before.used, used) ? before.used : used
}

async function run(postgres: Postgres, connection: string, plan: Plan, context: StepContext): Promise<Done> {
  const wanted = change.parse(plan.change)
  const outcomes = await postgres.change({
    connection,
    context,
    ask: async ({ row, rows }) => {
      const { database } = await row(
        z.object({ database: z.string() }),
        'select current_database() as database',
      )
      if (database !== wanted.database) {
        const difference = {
          en: `the connection points at database ${database}, not ${wanted.database}`,
          ja: `接続先のデータベースは ${wanted.database} ではなく ${database} です`,
        }
        refuseChanged(plan.target, difference, context)
      }
      return rows(z.object({ pid: z.number(), outcome: z.enum(['ended', 'gone', 'spared']) }), terminate, [
        ...identities(wanted.sessions),
        wanted.states,
      ])
    },
  })
  const those = (outcome: string) => outcomes.filter((one) => one.outcome === outcome).map(({ pid }) => pid)
  const [ended, gone, spared] = [those('ended'), those('gone'), those('spared')]
  const also = {
    en:
      spared.length === 0
        ? ''
        : `; ${spared.length} became active in the meantime and ${verbFor(spared.length, 'was', 'were')} left alone`,
    ja: spared.length === 0 ? '' : `（その間に使われた ${spared.length} 本は残しました）`,
  }
  return {
    says: {
      en: `${counted(ended.length, 'connection')} terminated, ${gone.length} ${verbFor(gone.length, 'was', 'were')} already gone${also.en}`,
      ja: `接続を ${ended.length} 本切断、${gone.length} 本は切断済み${also.ja}`,
    },
    already: ended.length === 0 && gone.length > 0,
    after: { ended, gone, spared },
  }
}

/** Waits until none of them is left but those that were spared: as long as they go, however many a busy server has to end. */
async function verify(
  postgres: Postgres,
  connection: string,
  plan: Plan,
  done: Done,
  context: StepContext,
): Promise<Verified> {
  const { spared } = z.object({ spared: z.array(z.number()) }).parse(done.after)
  const awaited = change.parse(plan.change).sessions.filter(({ pid }) => !spared.includes(pid))
  const look = async () => {
    const there = await postgres.change({
      connection,
      context,
      ask: ({ rows }) => rows(z.object({ pid: z.number() }), stillThere, identities(awaited)),
    })
    return there.map(({ pid }) => pid)
  }
  let left = await look()
  let end = performance.now() + goneWithinMs
  while (left.length > 0 && performance.now() < end) {
    await pause(lookEveryMs)
    const before = left.length
    // Nobody is let in while they still go: no news.
    left = await look().catch((error: unknown) => {
      if (performance.now() > end) throw error
      return left
    })
    if (left.length < before) end = performance.now() + goneWithinMs
  }
  return {
    ok: left.length === 0,
    says:
      left.length === 0
        ? { en: 'none of the planned connections remains', ja: '対象の接続は残っていません' }
        : {
            en: `${left.length} of the planned connections are still open`,
            ja: `対象の接続が ${left.length} 本残っています`,
          },
    facts: { left, spared },
  }
}

function identities(sessions: Change['sessions']): readonly unknown[] {
  return [
    sessions.map(({ pid }) => pid),
    sessions.map(({ backendStart }) => backendStart),
    sessions.map(({ stateChange }) => stateChange),
  ]
}
