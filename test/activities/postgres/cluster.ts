/** A throwaway PostgreSQL: its own folder, a free port of the loopback, no socket outside of that folder. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chownSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from '../free-port.ts'
import { hasStatements, type Programs } from './programs.ts'

/** Of the superuser, of every role that a test makes, and of nothing else. */
export const password = 'correct-horse-battery'
const superuser = 'admin'
const slots = 20

export type Server = Awaited<ReturnType<typeof openCluster>>

/** A primary with the database shodo and the roles of the tests. */
export async function openCluster(programs: Programs, extra: readonly string[] = []) {
  const folder = await makeFolder(programs)
  const data = join(folder, 'data')
  const passwords = join(folder, 'passwords')
  await writeFile(passwords, password)
  own(programs, passwords)
  const options = [
    '--auth=scram-sha-256',
    `--pwfile=${passwords}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ]
  await run(programs, folder, programs.initdb, ['-D', data, '-U', superuser, ...options])
  const server = serving(programs, folder, data, await freePort(), [...preload(programs), ...extra])
  await server.start()
  await server.sql(`create role shodo login password '${password}'`)
  await server.sql(`create role hikeshi login password '${password}'`)
  await server.sql('grant pg_monitor, pg_signal_backend, pg_read_all_data to hikeshi')
  await server.sql(`create role blind login password '${password}'`)
  await server.sql(`create role hikeshi_reserved superuser login password '${password}'`)
  for (const database of ['shodo', 'other']) await server.sql(`create database ${database} owner shodo`)
  return server
}

/** A replica that streams from the primary, as pg_basebackup -R sets it up. */
export async function openReplica(programs: Programs, primary: Server): Promise<Server> {
  const folder = await makeFolder(programs)
  const data = join(folder, 'data')
  const from = `host=127.0.0.1 port=${primary.port} user=${superuser} password=${password} application_name=replica-0`
  const how = ['-R', '-X', 'stream', '-c', 'fast', '--no-sync']
  await run(programs, folder, programs.pg_basebackup, ['-D', data, '-d', from, ...how])
  const server = serving(programs, folder, data, await freePort(), preload(programs))
  await server.start()
  return server
}

function serving(programs: Programs, folder: string, data: string, port: number, extra: readonly string[]) {
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    `max_connections=${slots}`,
    'superuser_reserved_connections=3',
    'fsync=off',
    'max_wal_senders=5',
    'shared_buffers=16MB',
    'wal_receiver_status_interval=1',
    'wal_retrieve_retry_interval=100',
    ...extra,
  ].flatMap((setting) => ['-c', setting])
  let server: ChildProcess | undefined
  const clients = new Set<pg.Client>()
  const connect = async (user: string, database = 'shodo', name = 'test') => {
    const login = { host: '127.0.0.1', port, user, password, database, application_name: name }
    const client = new pg.Client({ ...login, ssl: false })
    client.on('error', () => {}) // tests end sessions on purpose
    await client.connect()
    clients.add(client)
    client.once('end', () => clients.delete(client))
    return client
  }
  const stop = async (signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT') => {
    if (server === undefined) return
    const ended = exitOf(server)
    server.kill(signal)
    await ended
    server = undefined
  }
  const start = async (more: readonly string[] = []) => {
    const added = more.flatMap((setting) => ['-c', setting])
    server = spawnAs(programs, folder, programs.postgres, ['-D', data, ...settings, ...added])
    await readyLine(server)
  }
  return {
    port,
    folder,
    slots,
    connect,
    /** Runs one statement as the superuser, in a session of its own. */
    sql: async (text: string, values: readonly unknown[] = [], database = 'postgres') => {
      const client = await connect(superuser, database, 'admin')
      try {
        return (await client.query(text, [...values])).rows
      } finally {
        await client.end()
      }
    },
    start: () => start(),
    /** Starts as after a restore, and says with 57P03 that it is starting until it may `goOn`; `up` when it accepts connections. */
    startInRecovery: async (): Promise<{
      readonly up: Promise<void>
      readonly goOn: () => Promise<void>
    }> => {
      const [signal, mayGoOn] = [join(data, 'recovery.signal'), join(folder, 'may-go-on')]
      await writeFile(signal, '')
      own(programs, signal)
      const up = start([`restore_command=until test -e ${mayGoOn}; do sleep 0.02; done; false`])
      return { up, goOn: () => writeFile(mayGoOn, '') }
    },
    /** Fast (SIGINT) or as in a crash (SIGQUIT); returns when its process is gone. */
    stop,
    /** The server's process, for signals of the tests. */
    signal: (signal: NodeJS.Signals) => server?.kill(signal),
    disconnectAll: async () => {
      await Promise.all([...clients].map((client) => client.end()))
    },
    close: async () => {
      await Promise.all([...clients].map((client) => client.end().catch(() => {})))
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function makeFolder(programs: Programs): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hikeshi-postgres-'))
  await chmod(folder, 0o700)
  own(programs, folder)
  return folder
}

function own({ owner }: Programs, path: string): void {
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid)
}

function spawnAs(programs: Programs, cwd: string, program: string, args: readonly string[]): ChildProcess {
  const [first, ...rest] = [...programs.as, program, ...args]
  assert.ok(first)
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
  return spawn(first, rest, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
}

async function run(programs: Programs, cwd: string, program: string, args: readonly string[]): Promise<void> {
  const [first, ...rest] = [...programs.as, program, ...args]
  assert.ok(first)
  await promisify(execFile)(first, rest, { cwd, env: { PATH: process.env.PATH, LC_ALL: 'C' } })
}

/** Waits for the line with which the server says that it is ready; fails with its last words when it ends before. */
function readyLine(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const said: string[] = []
    assert.ok(server.stderr)
    // Read on to the end, else the pipe would fill and the server would stand still.
    createInterface(server.stderr).on('line', (line) => {
      if (said.push(line) > 50) said.shift()
      if (/ready to accept (?:read-only )?connections/.test(line)) resolve()
    })
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`postgres has ended:\n${said.join('\n')}`)))
  })
}

function exitOf(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => server.once('exit', () => resolve()))
}

function preload(programs: Programs): readonly string[] {
  return hasStatements(programs) ? ['shared_preload_libraries=pg_stat_statements'] : []
}
