/** What belongs to the lab's databases: where they keep their data, their secrets, and the file by which workers reach them. */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Without } from '../part.ts'
import type { Ports } from '../ports.ts'
import { type Backups, backupsConnection, backupsOf, prepareBackups } from './backups.ts'
import { findPgbackrest, findPostgres, findRedis, hasExtension, type Missing } from './programs.ts'

/** The pods that have a real process behind them, and with which port. */
export const databasePods = {
  'postgres-primary': 'postgresPrimary',
  'postgres-replica': 'postgresReplica',
  'redis-master': 'redis',
} as const satisfies { readonly [set: string]: keyof Ports }

export type DatabaseSet = keyof typeof databasePods

const secrets = ['postgres', 'shodo', 'hikeshi', 'hikeshi_reserved', 'redis'] as const
export type SecretOf = (typeof secrets)[number]

/** What Redis starts with. */
export const redisSettings = { maxmemory: '67108864', 'maxmemory-policy': 'noeviction' } as const

/** A database's user cannot enter root's home; root's labs keep their data in a folder that it can pass through. */
export function makeDataFolder(dir: string): string {
  if (process.getuid?.() !== 0) return join(dir, 'data')
  const folder = mkdtempSync(join(tmpdir(), 'hikeshi-lab-'))
  chmodSync(folder, 0o711)
  return folder
}

/** Why this machine has no PostgreSQL, no backups of it or no Redis; empty when it has them all. */
export function missingDatabases(): Pick<Without, 'postgres' | 'pgbackrest' | 'redis'> {
  const why = (found: object | Missing) => ('missing' in found ? found.missing : undefined)
  const [postgres, pgbackrest, redis] = [findPostgres(), findPgbackrest(), findRedis()].map(why)
  return { ...(postgres && { postgres }), ...(pgbackrest && { pgbackrest }), ...(redis && { redis }) }
}

/** Writes new secrets, the node agent's settings and the workers' connections file. */
export function prepareDatabases(dir: string, data: string, ports: Ports): void {
  mkdirSync(data, { recursive: true })
  mkdirSync(join(dir, 'secrets'), { recursive: true, mode: 0o700 })
  for (const name of secrets)
    writeFileSync(secretFile(dir, name), randomBytes(18).toString('hex'), { mode: 0o600 })
  const [postgres, redis] = [findPostgres(), findRedis()]
  const backups = backupsOf(data, ports)
  if (backups !== undefined) prepareBackups(backups)
  const agent = {
    data,
    ports,
    ...('missing' in postgres ? {} : { postgres: { ...postgres, extensions: extensionsOf(postgres) } }),
    ...(backups === undefined ? {} : { backups }),
    ...('missing' in redis ? {} : { redis: { ...redis, settings: redisSettings } }),
  }
  writeFileSync(join(dir, 'node-agent.json'), JSON.stringify(agent, undefined, 2))
  writeFileSync(connectionsFile(dir), stringify({ connections: connectionsOf(dir, ports, backups) }))
}

export function connectionsFile(dir: string): string {
  return join(dir, 'connections.yaml')
}

/** Of a role of PostgreSQL, or of Redis. */
export function secretOf(dir: string, name: SecretOf): string {
  return readFileSync(secretFile(dir, name), 'utf8')
}

function secretFile(dir: string, name: SecretOf): string {
  return join(dir, 'secrets', name)
}

function extensionsOf(programs: Exclude<ReturnType<typeof findPostgres>, Missing>): readonly string[] {
  return ['pg_stat_statements', 'amcheck'].filter((name) => hasExtension(programs, name))
}

function connectionsOf(dir: string, ports: Ports, backups: Backups | undefined) {
  const postgres = (port: number) => ({
    kind: 'postgres',
    host: '127.0.0.1',
    port,
    tls: 'off',
    database: 'shodo',
    user: 'hikeshi',
    secretFile: secretFile(dir, 'hikeshi'),
    reserved: { user: 'hikeshi_reserved', secretFile: secretFile(dir, 'hikeshi_reserved') },
  })
  return {
    'postgres-primary': postgres(ports.postgresPrimary),
    'postgres-replica': postgres(ports.postgresReplica),
    ...(backups === undefined ? {} : { 'postgres-backups': backupsConnection(backups) }),
    prometheus: { kind: 'prometheus', url: `http://127.0.0.1:${ports.prometheus}` },
    'redis-master': {
      kind: 'redis',
      host: '127.0.0.1',
      port: ports.redis,
      tls: 'off',
      secretFile: secretFile(dir, 'redis'),
    },
  }
}
