import { randomUUID } from 'node:crypto'
import type { Lab } from '../../lab.ts'
import { until } from '../../waiting.ts'
import { noteFault } from '../active.ts'
import type { Fault } from '../fault.ts'
import { needs } from './needs.ts'

const forgottenSessions = 200

/** A new occurrence each time: sessions that were ended as a repair are not opened again. */
const occurrence = (sessions: number) => ({ sessions, id: randomUUID() })

export const idleConnections: Fault = {
  name: 'pg-idle-connections',
  description: `the backend leaks ${forgottenSessions} PostgreSQL sessions: open, idle, never used again`,
  async begin(lab) {
    needs(lab, 'postgres')
    noteFault(lab.dir, 'pg-idle-connections', occurrence(forgottenSessions))
    await until(async () => (await idleFor(lab, 2)) >= forgottenSessions, {
      what: `${forgottenSessions} sessions to be idle for 2 s`,
      withinMs: 30_000,
    })
  },
}

export const maxConnections: Fault = {
  name: 'pg-max-connections',
  description: 'the backend has leaked so many PostgreSQL sessions that nobody else gets one',
  async begin(lab) {
    needs(lab, 'postgres')
    noteFault(lab.dir, 'pg-max-connections', occurrence(100_000))
    await until(async () => isRefused(await health(lab)), {
      what: 'PostgreSQL to refuse the backend',
      withinMs: 30_000,
    })
    await until(async () => (await idleFor(lab, 2)) >= forgottenSessions, {
      what: 'the sessions to be idle for 2 s',
      withinMs: 30_000,
    })
  },
}

async function idleFor(lab: Lab, seconds: number): Promise<number> {
  const [row] = await lab.databases.primary(
    "select count(*)::int as count from pg_stat_activity where state = 'idle' and state_change < now() - make_interval(secs => $1)",
    [seconds],
  )
  return Number(row?.count)
}

/** What is left may be kept back for superusers, or taken by them as well. */
function isRefused(health: string): boolean {
  return /remaining connection slots|too many clients/.test(health)
}

async function health(lab: Lab): Promise<string> {
  return (await fetch(`${lab.appUrl}/health`, { signal: AbortSignal.timeout(3_000) })).text()
}
