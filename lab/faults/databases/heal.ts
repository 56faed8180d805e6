import { ordersSql } from '../../databases/orders.mjs'
import { redisSettings } from '../../databases/site.ts'
import type { Lab } from '../../lab.ts'
import { shodoNamespace } from '../../shodo/services.ts'
import { until } from '../../waiting.ts'
import { bulk } from './redis-full.ts'
import { hasCaughtUp } from './replica.ts'

/** The databases as `up` made them: settings, tables, a replica that streams, no key or session of a fault. */
export async function healDatabases(lab: Lab): Promise<void> {
  await Promise.all([
    ...(lab.without.postgres === undefined ? [healPostgres(lab)] : []),
    ...(lab.without.redis === undefined ? [healRedis(lab)] : []),
  ])
}

async function healPostgres(lab: Lab): Promise<void> {
  // The sessions of a fault may have taken the last slot as well; the app, which was told that the fault is over, gives them back.
  await until(() => lab.databases.primary('alter system reset all'), {
    what: 'PostgreSQL to take a session',
    withinMs: 30_000,
  })
  await lab.databases.primary('select pg_reload_conf()')
  await lab.databases.primary(ordersSql)
  // The app ends the sessions of a fault as well; here it is done when this returns, and whatever the app has lost track of.
  await lab.databases.primary(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'shodo-backend' and state_change < now() - interval '1 s'",
  )
  await lab.databases.replica('select pg_wal_replay_resume()').catch(() => {}) // not while it is cut off or starting
  const patience = { what: 'the replica to stream', withinMs: 3_000 }
  await until(() => hasCaughtUp(lab), patience).catch(async () => {
    await lab.cluster().delete(`/api/v1/namespaces/${shodoNamespace}/pods/postgres-replica-0`)
    await until(() => hasCaughtUp(lab), { ...patience, withinMs: 30_000 })
  })
}

async function healRedis(lab: Lab): Promise<void> {
  await lab.databases.redis(async (redis) => {
    for await (const keys of redis.scanStream({ match: `${bulk}*`, count: 1_000 })) {
      if (keys.length > 0) await redis.unlink(...keys)
    }
    for (const [name, value] of Object.entries(redisSettings)) await redis.config('SET', name, value)
  })
}
