/** Which server answers: two names can lead to one, and one name to another than a moment ago. */
import { z } from 'zod'
import type { StepContext } from '../../domain/steps/contract.ts'
import { refuse } from '../refusal.ts'
import type { Postgres, Session } from './client.ts'

const told = z.object({
  recovering: z.boolean(),
  system: z.string().nullable(),
  startedAt: z.string().nullable(),
  address: z.string().nullable(),
  position: z.string().nullable(),
  now: z.string(),
})

export type Server = {
  readonly recovering: boolean
  /** The same for a primary and all its replicas. */
  readonly system: string
  /** The start of its postmaster, to the microsecond: with the system it is one server and no other. */
  readonly startedAt: string
  /** Where it was reached, as it sees that itself; null over a socket. Behind a proxy of its pod it is the loopback. */
  readonly address: string | null
  /** What it has written, or replayed, in its own log. */
  readonly position: string | null
  /** Its own clock. */
  readonly now: string
}

const exact = (time: string) => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const about = `
  select pg_is_in_recovery() as recovering, (select system_identifier::text from pg_control_system()) as system,
    ${exact('pg_postmaster_start_time()')} as "startedAt", host(inet_server_addr()) as address,
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end::text as position,
    ${exact('clock_timestamp()')} as now`

/** Who answers in this session; refuses with `identity-missing` where it does not say so. */
export async function serverIn({ row }: Session, connection: string): Promise<Server> {
  const { system, startedAt, ...rest } = await row(told, about)
  if (!system || !startedAt) return refuse('identity-missing', { connection, what: 'pg_control_system' })
  return { ...rest, system, startedAt }
}

export function serverAt(postgres: Postgres, connection: string, context: StepContext): Promise<Server> {
  return postgres.read({ connection, context, ask: (session) => serverIn(session, connection) })
}

export function isSame(a: Server, b: Server): boolean {
  return a.system === b.system && a.startedAt === b.startedAt
}
