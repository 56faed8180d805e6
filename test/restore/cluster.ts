/**
 * A small cluster that archives with pgBackRest: segments of 1 MiB, everything below one folder, run as whom databases may run. Times of its
 * commits can be asked of the server itself (track_commit_timestamp).
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import {
  type Connections,
  connectionsOf,
  type PgbackrestSettings,
  type PostgresSettings,
} from '../../activities/connections-file.ts'
import { findIn, pathFolders } from '../../lab/binaries/find.ts'
import { findPostgres } from '../../lab/databases/programs.ts'
import { freePort } from '../activities/free-port.ts'

type Row = Readonly<Record<string, unknown>>
type Sql = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>

export type Server = {
  readonly folder: string
  readonly port: number
  /** As the superuser, each statement its own transaction. */
  readonly sql: Sql
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>
  /** One transaction, and the time that its commit record carries. */
  readonly commit: (note: string) => Promise<Committed>
  /** Ends the current segment, and waits until it is in the repository; its name. */
  readonly archived: () => Promise<string>
}

export type Committed = { readonly xid: number; readonly note: string; readonly atMs: number }

export type Cluster = Server & {
  readonly settings: PgbackrestSettings
  /** `postgres-primary` and `postgres-backups`, as the connections file would name them. */
  readonly connections: Connections
  readonly repository: string
  /** Of its socket, and of what its programs write. */
  readonly sockets: string
  /** As the database's user, with the configuration file and the stanza; its output. */
  readonly pgbackrest: (...args: readonly string[]) => Promise<string>
  /** A backup, not earlier than the second after the one before: pgBackRest's labels and times are whole seconds. */
  readonly backup: (type?: 'full' | 'diff' | 'incr') => Promise<void>
  /** Restores beside the cluster with these options, and starts the copy; with `archives` it writes into the same repository. */
  readonly beside: (
    name: string,
    options: readonly string[],
    how?: { readonly archives: boolean },
  ) => Promise<Server>
  readonly close: () => Promise<void>
}

const found = findPostgres()
const pgbackrest = findIn(pathFolders(), 'pgbackrest')

/** Why there can be no such cluster on this machine. */
export const noCluster: string | undefined =
  'missing' in found
    ? found.missing
    : pgbackrest === undefined
      ? 'no pgbackrest on PATH; install pgbackrest'
      : undefined

const stanza = 'shodo'
const run = promisify(execFile)

/** A cluster with a table `notes`, archiving into an empty repository: no backup yet. */
export async function openCluster(): Promise<Cluster> {
  if ('missing' in found || pgbackrest === undefined) throw new Error(noCluster)
  const { owner, postgres, initdb } = found
  // Not with us: what a test starts in the background may have to outlive the one who started it.
  const as = found.as.filter((word) => !word.startsWith('--pdeathsig'))
  const root = mkdtempSync(join(tmpdir(), 'hikeshi-restore-'))
  chmodSync(root, 0o711)
  if (owner !== undefined) chownSync(root, owner.uid, owner.gid)
  const folder = (name: string) => {
    const path = join(root, name)
    mkdirSync(path, { mode: 0o700 })
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid)
    return path
  }
  const data = folder('data')
  const repository = folder('repository')
  const copies = folder('copies')
  const work = folder('work')
  const [port, copyPort] = [await freePort(), await freePort()]
  const configFile = join(root, 'pgbackrest.conf')
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', HOME: work }
  const asOwner = async (argv: readonly string[]) => {
    const [program = '', ...rest] = [...as, ...argv]
    const { stdout } = await run(program, rest, { env, cwd: '/', timeout: 60_000, maxBuffer: 64 * 2 ** 20 })
    return stdout
  }
  writeFileSync(configFile, configuration({ data, repository, work, port }))
  const words = [pgbackrest, `--config=${configFile}`, `--stanza=${stanza}`]
  const archiveCommand = (path: string) => `${words.join(' ')} --pg1-path=${path} archive-push %p`
  const servers: Server[] = []
  const start = async (path: string, at: number, ...more: readonly string[]) => {
    const args = ['-D', path, '-p', String(at), '-k', work, '-c', 'listen_addresses=127.0.0.1', ...more]
    const server = await startServer([...found.as, postgres, ...args], path, at, env)
    servers.push(server)
    return server
  }
  const settings: PgbackrestSettings = {
    kind: 'pgbackrest',
    stanza,
    configFile,
    primary: 'postgres-primary',
    statefulSet: 'postgres-primary',
    replicas: [],
    dataFolder: data,
    copiesFolder: copies,
    copyPort,
    pgbackrest,
    postgresFolder: dirname(postgres),
    as,
    superuser: 'postgres',
    keepFor: 3_600_000,
  }
  const close = async () => {
    for (const server of servers.toReversed()) await server.stop('SIGQUIT')
    rmSync(root, { recursive: true, force: true })
  }
  try {
    const initial = ['--auth=trust', '--username=postgres', '--wal-segsize=1', '--no-sync', '--encoding=UTF8']
    await asOwner([initdb, '-D', data, ...initial])
    // Not in postgresql.auto.conf: what a test alters it can reset.
    appendFileSync(join(data, 'postgresql.conf'), serverSettings(archiveCommand(data)))
    const primary = await start(data, port)
    await asOwner([...words, 'stanza-create'])
    await primary.sql('create table notes (id bigserial primary key, note text not null)')
    return {
      ...primary,
      settings,
      connections: connectionsOf(
        { 'postgres-primary': loginTo(port), 'postgres-backups': settings },
        process.env,
      ),
      repository,
      sockets: work,
      pgbackrest: (...args) => asOwner([...words, ...args]),
      backup: async (type = 'full') => {
        await asOwner([...words, `--type=${type}`, 'backup'])
      },
      beside: async (name, options, how) => {
        const path = folder(name)
        await asOwner([...words, `--pg1-path=${path}`, ...options, 'restore'])
        const archives = how?.archives
          ? ['-c', `archive_command=${archiveCommand(path)}`]
          : ['-c', 'archive_mode=off']
        return start(path, await freePort(), ...archives)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function loginTo(port: number): PostgresSettings {
  return { kind: 'postgres', host: '127.0.0.1', tls: 'off', port, database: 'postgres', user: 'postgres' }
}

type Places = {
  readonly data: string
  readonly repository: string
  readonly work: string
  readonly port: number
}

function configuration({ data, repository, work, port }: Places): string {
  return [
    '[global]',
    `repo1-path=${repository}`,
    'repo1-retention-full=20',
    `log-path=${work}`,
    `lock-path=${join(work, 'lock')}`,
    `spool-path=${join(work, 'spool')}`,
    'log-level-file=off',
    'log-level-console=warn',
    'compress-type=lz4',
    'start-fast=y',
    'archive-timeout=10',
    `[${stanza}]`,
    `pg1-path=${data}`,
    `pg1-port=${port}`,
    `pg1-socket-path=${work}`,
    'pg1-user=postgres',
    '',
  ].join('\n')
}

function serverSettings(archiveCommand: string): string {
  const settings = {
    archive_mode: 'on',
    archive_command: archiveCommand,
    archive_timeout: '0',
    track_commit_timestamp: 'on',
    fsync: 'off',
    shared_buffers: '16MB',
    max_connections: '20',
    min_wal_size: '2MB',
    autovacuum: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join('')
}

async function startServer(
  [program = '', ...args]: readonly string[],
  folder: string,
  port: number,
  env: NodeJS.ProcessEnv,
): Promise<Server> {
  const child = spawn(program, args, { env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000)
  })
  const isRunning = () => child.exitCode === null && child.signalCode === null
  const sql: Sql = async (text, values = []) => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'postgres',
      database: 'postgres',
      password: '',
      ssl: false,
    })
    client.on('error', () => {})
    try {
      await client.connect()
      return (await client.query<Row>(text, [...values])).rows
    } finally {
      await client.end().catch(() => {})
    }
  }
  const stop = async (signal: NodeJS.Signals = 'SIGINT') => {
    if (isRunning()) child.kill(signal)
    await ended
  }
  const answers = async () => {
    if (!isRunning()) throw new Error(`postgres ended: ${said}`)
    return sql('select 1').catch(() => undefined)
  }
  await until(answers, `an answer of the server in ${folder}`)
  return { folder, port, sql, stop, ...writing(sql) }
}

function writing(sql: Sql): Pick<Server, 'commit' | 'archived'> {
  return {
    commit: async (note) => {
      const [row] = await sql(
        'insert into notes (note) values ($1) returning pg_current_xact_id()::text as xid',
        [note],
      )
      const xid = Number(row?.xid)
      const [time] = await sql(
        'select floor(extract(epoch from pg_xact_commit_timestamp($1::text::xid)) * 1000)::float8 as ms',
        [String(xid)],
      )
      return { xid, note, atMs: Number(time?.ms) }
    },
    archived: async () => {
      // An empty segment is not switched away from.
      await sql("select pg_logical_emit_message(false, 'test', 'x')")
      const [row] = await sql('select pg_walfile_name(pg_switch_wal()) as segment')
      const segment = String(row?.segment)
      await until(async () => {
        const [archiver] = await sql('select last_archived_wal >= $1 as done from pg_stat_archiver', [
          segment,
        ])
        return archiver?.done === true ? true : undefined
      }, `${segment} to be archived`)
      return segment
    },
  }
}

/** What the question answers when it answers something; an error when that takes too long. */
export async function until<T>(
  ask: () => Promise<T | undefined>,
  what: string,
  withinMs = 60_000,
): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

/** Whole seconds are all that pgBackRest knows of the end of a backup: waits for the next one. */
export async function nextSecond(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1_000 - (Date.now() % 1_000) + 5))
}

/** Where the repository keeps an archived segment. */
export function storedFile({ repository }: Cluster, segment: string): string {
  const archive = join(repository, 'archive', stanza)
  const files = readdirSync(archive, { recursive: true, encoding: 'utf8' })
  const found = files.find((file) => basename(file).startsWith(`${segment}-`))
  if (found === undefined) throw new Error(`${segment} is not archived`)
  return join(archive, found)
}
