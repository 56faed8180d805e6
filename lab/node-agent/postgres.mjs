import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { accountOf } from './account.mjs'
import { openPostgresMetrics } from './postgres-metrics.mjs'
import { setUpDatabase } from './postgres-setup.mjs'

const notYet = '57P03' // the server answers that it is starting up or shutting down
const slots = 250

/** The primary, whose data outlives its pod as a volume would, and the replica, which each new pod copies from the primary. */
export function postgresPrograms({ data, ports, postgres }, secret, backups) {
  const account = accountOf(postgres)
  const preload = postgres.extensions.filter((name) => name === 'pg_stat_statements')

  function server(name, port, prepare, settle, own = []) {
    const folder = join(data, name)
    const place = { folder, data: join(folder, 'pgdata') }
    const settings = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${folder}`,
      `max_connections=${slots}`,
      'shared_buffers=16MB',
      'fsync=off', // it survives kill -9 of its processes, not a power cut of the machine
      'min_wal_size=2MB',
      'wal_receiver_status_interval=1',
      'wal_retrieve_retry_interval=200',
      'hot_standby_feedback=on',
      `shared_preload_libraries=${preload.join(',')}`,
      ...own,
    ].flatMap((setting) => ['-c', setting])
    return {
      prepare: (pod) => {
        account.makeFolder(folder)
        return prepare(place, pod)
      },
      command: () => account.command(postgres.postgres, '-D', place.data, ...settings),
      settle: () => settle(place),
      answers: () => accepts(port, secret('hikeshi')),
      metrics: openPostgresMetrics(port, () => secret('hikeshi')),
      drop: () => {},
      stopSignal: 'SIGINT',
    }
  }

  /** Data that were here once: where they are is for a restore to say, or for a person. */
  function mustBeThere({ data: pgdata }) {
    if (!existsSync(join(pgdata, 'PG_VERSION')))
      throw new Error(
        `${pgdata} is missing, but this database was set up before; no empty one is made in its place`,
      )
  }

  /** Half a data folder, left by a process that was killed meanwhile, is recreated: the mark is the last thing written. */
  async function afresh({ folder, data: pgdata }, mark, make) {
    const file = join(folder, 'made-for')
    if (existsSync(file) && readFileSync(file, 'utf8') === mark) return
    rmSync(file, { force: true })
    rmSync(pgdata, { recursive: true, force: true })
    await make(pgdata)
    writeFileSync(file, mark)
  }

  const primary = server(
    'postgres-primary',
    ports.postgresPrimary,
    async (place) => {
      if (existsSync(join(place.folder, 'is-set-up'))) return mustBeThere(place)
      await afresh(place, 'primary', async (pgdata) => {
        const passwords = join(place.folder, 'password')
        writeFileSync(passwords, secret('postgres'), { mode: 0o600 })
        account.own(passwords)
        const options = [
          `--pwfile=${passwords}`,
          '--encoding=UTF8',
          '--locale=C',
          '--wal-segsize=1',
          '--no-sync',
        ]
        const who = ['-U', 'postgres', '--auth-local=trust', '--auth-host=scram-sha-256']
        await account.run(postgres.initdb, '-D', pgdata, ...who, ...options)
        // Not on the command line, where neither ALTER SYSTEM nor who starts a restored copy could change it.
        const settings = `wal_keep_size = 16MB\n${backups?.settings ?? ''}`
        appendFileSync(join(pgdata, 'postgresql.conf'), settings)
        await backups?.open()
        rmSync(passwords)
      })
    },
    async ({ folder }) => {
      const mark = join(folder, 'is-set-up')
      if (!existsSync(mark)) {
        await setUpDatabase(ports.postgresPrimary, postgres.extensions, secret)
        writeFileSync(mark, '')
      }
      backups?.begin()
    },
  )

  const replica = server(
    'postgres-replica',
    ports.postgresReplica,
    (place, pod) =>
      afresh(place, pod.metadata.uid, async (pgdata) => {
        if (!existsSync(join(data, 'postgres-primary', 'is-set-up')))
          throw new Error('the primary is not there yet')
        // Through the primary's socket, which trusts whoever may enter its folder: no password in a list of processes.
        const from = `host=${join(data, 'postgres-primary')} port=${ports.postgresPrimary} user=postgres application_name=postgres-replica-0`
        const how = ['-R', '-X', 'stream', '-c', 'fast', '--no-sync']
        await account.run(postgres.pg_basebackup, '-D', pgdata, '-d', from, ...how)
      }),
    async () => {},
    // The archive is the primary's; should somebody promote this one, its log stays out of it.
    ['archive_mode=off'],
  )

  return { 'postgres-primary': primary, 'postgres-replica': replica }
}

/** As pg_isready sees it: any answer but "not yet" is the answer of a server that is there, also "too many connections". */
async function accepts(port, password) {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'hikeshi',
    database: 'postgres',
    password,
    ssl: false,
    connectionTimeoutMillis: 1_000,
    application_name: 'readiness probe',
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch (error) {
    return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) && error.code !== notYet
  }
}
