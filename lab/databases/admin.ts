/** The databases of a lab as their administrator, for faults and tests. Their packages load when they are first asked for. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Redis } from 'ioredis'
import { LabError } from '../failure.ts'
import type { Site } from '../part.ts'
import { until } from '../waiting.ts'
import { backupsOf } from './backups.ts'
import { secretOf } from './site.ts'

export type Row = Readonly<Record<string, unknown>>

export type DatabaseAdmin = {
  readonly primary: (sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>
  readonly replica: (sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>
  /** Runs pgBackRest on the primary's stanza, as whom the data belong to, and returns what it prints. */
  readonly pgbackrest: (...args: readonly string[]) => Promise<string>
  /** Returns when the primary accepts writes, also after another data folder took its place. */
  readonly settled: () => Promise<void>
  readonly redis: <T>(work: (redis: Redis) => Promise<T>) => Promise<T>
}

export function databaseAdmin({ dir, data, ports }: Pick<Site, 'dir' | 'data' | 'ports'>): DatabaseAdmin {
  const sql =
    (port: number) =>
    async (text: string, values: readonly unknown[] = []) => {
      const { pg } = await import('./clients.ts')
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        user: 'postgres',
        password: secretOf(dir, 'postgres'),
        database: 'shodo',
        ssl: false,
        connectionTimeoutMillis: 3_000,
        application_name: 'lab',
      })
      client.on('error', () => {}) // the query that meets it says so
      try {
        await client.connect()
        return (await client.query<Row>(text, [...values])).rows
      } finally {
        client.end().catch(() => {})
      }
    }
  const primary = sql(ports.postgresPrimary)
  return {
    primary,
    replica: sql(ports.postgresReplica),
    pgbackrest: async (...args) => {
      const backups = backupsOf(data, ports)
      if (backups === undefined) throw new LabError('this lab has no backups', 'install pgbackrest')
      const { outliving, program, config, stanza } = backups
      const [first = program, ...rest] = [...outliving, program, `--config=${config}`, `--stanza=${stanza}`]
      // Who starts it may stand in a folder that the database's user cannot enter.
      return (await promisify(execFile)(first, [...rest, ...args], { cwd: '/' })).stdout
    },
    settled: async () => {
      await until(async () => (await primary('select not pg_is_in_recovery() as yes'))[0]?.yes === true, {
        what: 'the primary to accept writes',
        withinMs: 60_000,
      })
    },
    redis: async (work) => {
      const { Redis: Client } = await import('./clients.ts')
      const options = { host: '127.0.0.1', port: ports.redis, password: secretOf(dir, 'redis') }
      const redis = new Client({ ...options, protocol: 2, retryStrategy: () => null, lazyConnect: true })
      redis.on('error', () => {})
      try {
        await redis.connect()
        return await work(redis)
      } finally {
        redis.disconnect()
      }
    },
  }
}
