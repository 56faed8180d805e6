import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { openConnections } from '../../activities/connections-file.ts'
import { type Backups, backupsOf, firstBackup } from '../../lab/databases/backups.ts'
import { findPostgres } from '../../lab/databases/programs.ts'
import { secretOf } from '../../lab/databases/site.ts'
import { podOf } from '../../lab/faults/databases/down.ts'
import { hasCaughtUp } from '../../lab/faults/databases/replica.ts'
import { type Lab, labDown, labUp } from '../../lab/index.ts'
import { type Ports, portsFrom } from '../../lab/ports.ts'
import { readState } from '../../lab/state.ts'
import { until } from '../../lab/waiting.ts'
import { testLabName } from './shared.ts'
import { skipWithout } from './skip.ts'

type Info = readonly {
  readonly status: { readonly code: number; readonly lock: { readonly backup: { readonly held: boolean } } }
  readonly backup: readonly { readonly label: string; readonly type: string }[]
}[]

/** A lab of its own: its primary ends on another timeline. */
describe('the backups of the lab', function () {
  this.timeout(120_000)
  let lab: Lab
  let data: string
  let ports: Ports
  let backups: Backups

  before(async function () {
    this.timeout(300_000)
    lab = await labUp({ name: testLabName('backups') })
    skipWithout(this, lab, 'postgres', 'pgbackrest')
    const state = readState(lab.dir)
    data = state?.data ?? ''
    ports = portsFrom(state?.base ?? 0)
    const found = backupsOf(data, ports)
    assert.ok(found)
    backups = found
  })
  after(() => labDown(testLabName('backups')))

  async function info(): Promise<Info[number]> {
    const [stanza] = JSON.parse(await lab.databases.pgbackrest('info', '--output=json')) as Info
    assert.ok(stanza)
    return stanza
  }

  /** All that was committed up to now is in the repository. */
  async function archived(): Promise<void> {
    const [row] = await lab.databases.primary('select pg_walfile_name(pg_switch_wal()) as wal')
    const isIn =
      "select from pg_stat_archiver where last_archived_wal ~ '^[0-9A-F]{24}$' and last_archived_wal >= $1"
    await until(async () => (await lab.databases.primary(isIn, [row?.wal])).length === 1, {
      what: `${row?.wal} to be archived`,
      withinMs: 20_000,
    })
  }

  async function asHikeshi(statement: string): Promise<readonly Record<string, unknown>[]> {
    const password = secretOf(lab.dir, 'hikeshi')
    const client = new pg.Client({
      host: '127.0.0.1',
      port: ports.postgresPrimary,
      user: 'hikeshi',
      password,
      database: 'shodo',
    })
    await client.connect()
    try {
      return (await client.query(statement)).rows
    } finally {
      await client.end()
    }
  }

  it('are there once it is up: one full backup, and an archive that pgBackRest finds in order', async () => {
    const { status, backup } = await info()
    assert.equal(status.code, 0)
    assert.deepEqual(
      backup.map(({ type }) => type),
      ['full'],
    )
    await lab.databases.pgbackrest('check')
  })

  it('the workers read of them in their connections file, and what it names exists', async () => {
    const connections = await openConnections(lab.env.HIKESHI_CONNECTIONS, {})
    const found = connections.pgbackrest('postgres-backups')
    assert.deepEqual([found.stanza, found.superuser, found.keepFor], ['shodo', 'postgres', 3_600_000])
    connections.postgres(found.primary)
    for (const { connection } of found.replicas) connections.postgres(connection)
    const files = [
      found.configFile,
      found.dataFolder,
      found.copiesFolder,
      found.pgbackrest,
      `${found.postgresFolder}/pg_waldump`,
    ]
    assert.deepEqual(
      files.filter((file) => !existsSync(file)),
      [],
    )
    assert.ok(
      !found.as.some((word) => word.includes('pdeathsig')),
      'a restore goes on when its worker has ended',
    )
  })

  it('the archive gets a segment as soon as it is switched', async () => {
    const max = async () => {
      const [stanza] = JSON.parse(await lab.databases.pgbackrest('info', '--output=json')) as {
        archive: { max: string }[]
      }[]
      return stanza?.archive.at(-1)?.max ?? ''
    }
    // At the very beginning of a segment PostgreSQL names the one before.
    await lab.databases.primary("select pg_logical_emit_message(false, 'test', 'x')")
    const [row] = await lab.databases.primary('select pg_walfile_name(pg_current_wal_insert_lsn()) as wal')
    assert.ok((await max()) < String(row?.wal))
    await archived()
    assert.ok((await max()) >= String(row?.wal))
  })

  it('the role of the workers may do what a restore needs, and may not write', async () => {
    const [switched] = await asHikeshi('select pg_switch_wal()::text as at')
    assert.match(String(switched?.at), /^\d+\/[0-9A-F]+$/)
    await asHikeshi("select pg_create_restore_point('named')")
    assert.deepEqual(await asHikeshi('select count(*)::int as orders from orders'), [{ orders: 300 }])
    const [amcheck] = await lab.databases.primary("select from pg_extension where extname = 'amcheck'")
    if (amcheck !== undefined) {
      await asHikeshi("select bt_index_check('works_pkey', true)")
      await asHikeshi("select bt_index_parent_check('orders_pkey', true, true)")
    }
    await assert.rejects(asHikeshi('delete from orders'), /permission denied for table orders/)
  })

  it('a plain restore beside the primary starts, has all that was committed, and writes nothing to the archive', async () => {
    await lab.databases.primary("insert into orders (customer, total) values ('before the restore', 1)")
    await archived()
    const copy = join(backups.copies, 'plain')
    makeFolder(copy)
    await lab.databases.pgbackrest('restore', `--pg1-path=${copy}`)
    const server = startCopy(copy)
    try {
      const seen = await until(
        () =>
          onCopy(
            "select count(*)::int as orders, current_setting('archive_mode') as archive from orders where not pg_is_in_recovery()",
          ),
        {
          what: 'the copy to leave recovery',
          withinMs: 30_000,
        },
      )
      assert.deepEqual(seen, [{ orders: 301, archive: 'off' }])
    } finally {
      await stop(server)
      rmSync(copy, { recursive: true })
    }
    const folders = await lab.databases.pgbackrest('repo-ls', 'archive/shodo/15-1')
    assert.doesNotMatch(folders, /00000002\.history/)
  })

  it('a restored folder in its place is taken by the primary: it opens on the next timeline, and the replica and the archive follow', async () => {
    const set = '/apis/apps/v1/namespaces/shodo/statefulsets/postgres-primary'
    await archived()
    await lab.cluster().mergePatch(set, { spec: { replicas: 0 } })
    const { pgdata } = backups.primary
    await until(async () => !existsSync(join(pgdata, 'postmaster.pid')), {
      what: 'the primary to end',
      withinMs: 20_000,
    })
    renameSync(pgdata, join(backups.copies, 'kept'))
    makeFolder(pgdata)
    await lab.databases.pgbackrest('restore')
    await lab.cluster().mergePatch(set, { spec: { replicas: 1 } })
    await lab.databases.settled()
    assert.deepEqual(
      await lab.databases.primary('select timeline_id as timeline from pg_control_checkpoint()'),
      [{ timeline: 2 }],
    )
    const { metadata } = await podOf(lab, 'postgres-replica')
    await lab.cluster().delete('/api/v1/namespaces/shodo/pods/postgres-replica-0')
    await until(
      async () =>
        (await podOf(lab, 'postgres-replica')).metadata.uid !== metadata.uid && (await hasCaughtUp(lab)),
      {
        what: 'a new replica to stream',
        withinMs: 30_000,
      },
    )
    assert.deepEqual(
      await lab.databases.replica('select received_tli as timeline from pg_stat_wal_receiver'),
      [{ timeline: 2 }],
    )
    await lab.databases.pgbackrest('check')
    assert.equal((await info()).backup.length, 1, 'the first backup is not made again')
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`an agent that gets ${signal} in the middle of it leaves no pgBackRest, and the next one makes it`, async () => {
      const isHeld = async () => (await info()).status.lock.backup.held
      rmSync(backups.outcome)
      const had = (await info()).backup.length
      await lab.kill('node-agent', 'SIGTERM')
      await lab.start('node-agent')
      await until(isHeld, { what: 'a backup to be under way', withinMs: 30_000, everyMs: 10 })
      await lab.kill('node-agent', signal)
      await until(async () => !(await isHeld()), { what: 'pgBackRest to be gone', withinMs: 5_000 })
      assert.equal(existsSync(backups.outcome), false)
      await lab.start('node-agent')
      await firstBackup({ dir: lab.dir, data, ports })
      assert.equal((await info()).backup.length, had + 1)
      assert.equal(readFileSync(backups.outcome, 'utf8'), '{}')
    })
  }

  function makeFolder(path: string): void {
    mkdirSync(path, { mode: 0o700 })
    if (backups.owner) chownSync(path, backups.owner.uid, backups.owner.gid)
  }

  function startCopy(folder: string): ChildProcess {
    const programs = findPostgres()
    assert.ok(!('missing' in programs))
    const settings = [
      `port=${backups.copyPort}`,
      `unix_socket_directories=${backups.copies}`,
      'listen_addresses=',
      'archive_mode=off',
    ]
    const [program = '', ...args] = [
      ...programs.as,
      programs.postgres,
      '-D',
      folder,
      ...settings.flatMap((each) => ['-c', each]),
      '-c',
      'max_connections=250',
    ]
    return spawn(program, args, { cwd: '/', stdio: 'ignore' })
  }

  async function stop(server: ChildProcess): Promise<void> {
    const ended = once(server, 'exit')
    server.kill('SIGINT')
    await ended
  }

  /** Undefined before it has an answer. */
  async function onCopy(statement: string): Promise<readonly Record<string, unknown>[] | undefined> {
    const client = new pg.Client({
      host: backups.copies,
      port: backups.copyPort,
      user: 'postgres',
      database: 'shodo',
    })
    client.on('error', () => {})
    await client.connect()
    try {
      const { rows } = await client.query(statement)
      return rows[0]?.orders === 0 ? undefined : rows
    } finally {
      await client.end()
    }
  }
})
