/** The databases of a lab as their administrator, for faults and tests. Their packages load when they are first asked for. */
import type { Redis } from 'ioredis'
import type { Ports } from '../ports.ts'
import { secretOf } from './site.ts'

export type Row = Readonly<Record<string, unknown>>

export type DatabaseAdmin = {
  readonly primary: (sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>
  readonly replica: (sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>
  readonly redis: <T>(work: (redis: Redis) => Promise<T>) => Promise<T>
}

export function databaseAdmin(dir: string, ports: Ports): DatabaseAdmin {
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
  return {
    primary: sql(ports.postgresPrimary),
    replica: sql(ports.postgresReplica),
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
