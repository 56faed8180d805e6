import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import {
  type Connections,
  connectionsOf,
  type PgbackrestSettings,
} from '../../activities/connections-file.ts'
import { kubernetesApi } from '../../activities/kubernetes/api/client.ts'
import { restoreHands } from '../../activities/pgbackrest/index.ts'
import { placeOf } from '../../activities/pgbackrest/place.ts'
import { catalogue } from '../../domain/steps/catalogue.ts'
import type { Reading } from '../../domain/steps/contract.ts'
import { said } from '../../domain/words.ts'
import { describeUnless } from '../lab/skip.ts'
import { noCluster, until } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

const kind = 'postgres.restore-ready'

/** What the doctor has a worker look at before anybody needs a restore. */
describeUnless(noCluster, kind, function (this: Mocha.Suite) {
  this.timeout(180_000)
  let live: Live
  before(async () => {
    live = await openLive()
  })
  after(() => live?.close())

  const read = (given: object = {}, connections: Connections = live.connections): Promise<Reading> => {
    const place = placeOf(connections, kubernetesApi({ cluster: 'none', kubeconfigPath: '/nonexistent' }))
    return restoreHands(place)[kind](catalogue[kind].params.parse(given), live.context('shodo/doctor'))
  }
  const withSettings = (change: Partial<PgbackrestSettings>, port?: number) => {
    const primary = live.connections.postgres('postgres-primary')
    return connectionsOf(
      {
        'postgres-primary': { ...primary, port: port ?? primary.port },
        'postgres-backups': { ...live.settings, ...change },
      },
      { HIKESHI_TEST_PASSWORD: 'of-the-test' },
    )
  }
  const told = ({ findings }: Reading) => findings.map(({ code, says }) => `${code}: ${says.en}`)

  it('finds that there is nothing to restore from', async () => {
    assert.deepEqual(told(await read()), ['backup-missing: there is no backup to restore from'])
  })

  it('finds nothing where a restore would get through, names the newest backup, and writes nothing', async () => {
    await live.backup()
    await live.commit('waits')
    const { station, settings } = live.at()
    const files = async () => {
      const { stdout } = await station.exec([
        'find',
        settings.copiesFolder,
        settings.dataFolder,
        '-newermt',
        since,
      ])
      return stdout
    }
    const [segment] = await live.sql('select pg_walfile_name(pg_current_wal_lsn()) as name')
    const since = new Date().toISOString()
    const reading = await read()
    assert.deepEqual(told(reading), [])
    const { en, ja } = said(reading.text)
    assert.match(en, /^newest backup \d{8}-\d{6}F, \d+s old; \S+ \S+ of log not archived$/)
    assert.match(ja, /^最新のバックアップ \d{8}-\d{6}F（\d+s 前）、未アーカイブの WAL /)
    assert.doesNotMatch(await files(), /copies/)
    const [after] = await live.sql('select pg_walfile_name(pg_current_wal_lsn()) as name')
    assert.deepEqual(after, segment)
  })

  it('holds the backup against the age that the runbook names', async () => {
    assert.match(told(await read({ maxAge: 0 })).join(), /^backup-old: the newest backup is/)
  })

  it('finds that the worker may not run programs as the owner of the data, that one is missing, or the data elsewhere', async () => {
    const wrong: readonly (readonly [Partial<PgbackrestSettings>, RegExp])[] = [
      [
        { as: ['false'] },
        /^right-missing: the worker cannot run programs as whom the data belongs to \(false\)/,
      ],
      [{ as: ['/no/such/setpriv'] }, /^right-missing: .*ENOENT/],
      [{ postgresFolder: '/no/such' }, /^right-missing: programs are missing: \/no\/such\/postgres, /],
      [{ dataFolder: '/no/such' }, /^right-missing: the worker cannot read \/no\/such/],
    ]
    for (const [change, says] of wrong)
      assert.match(told(await read({}, withSettings(change))).join('\n'), says)
  })

  it('finds that the repository cannot be read, in the words of pgBackRest', async () => {
    const reading = await read({}, withSettings({ configFile: '/no/such.conf' }))
    assert.match(told(reading).join('\n'), /^right-missing: .*ERROR: \[\d+\]/)
  })

  it('finds a folder of copies that cannot be exchanged with the live one', async () => {
    const reading = await read({}, withSettings({ copiesFolder: '/proc/self' }))
    const all = told(reading).join('\n')
    assert.match(all, /not-prepared: \/proc\/self is on another file system than/)
    assert.match(all, /not-prepared: a copy needs .* and \/proc\/self has 0 B left/)
  })

  it('does not call the archive healthy where the primary does not answer', async () => {
    const all = told(await read({}, withSettings({}, 1))).join('\n')
    assert.match(all, /not-prepared: Cannot reach postgres-primary: .*\. Unknown whether archiving works/)
  })

  it('finds that archiving fails', async () => {
    await live.sql(`alter system set archive_command = 'false'`)
    await live.sql('select pg_reload_conf()')
    await live.commit('not archived')
    await live.sql('select pg_switch_wal()')
    await until(
      async () =>
        (await live.sql('select failed_count::int as n from pg_stat_archiver'))[0]?.n ? true : undefined,
      'a failure',
    )
    assert.match(told(await read()).join('\n'), /^archive-failing: archiving [0-9A-F]{24} keeps failing/)
    await live.sql('alter system reset archive_command')
    await live.sql('select pg_reload_conf()')
  })

  it('still tells of the repository while the server is down, and of the copy that stands', async () => {
    await live.carryOut('postgres.restore', {}, 'shodo-1/restore')
    assert.match(said((await read()).text).en, /the copy of shodo-1\/restore stands$/)
    const [program = '', ...args] = [...live.settings.as, ...(live.settings.stopCommand ?? [])]
    await promisify(execFile)(program, args, { cwd: '/' })
    const all = told(await read()).join('\n')
    assert.match(all, /Unknown whether archiving works/)
    assert.doesNotMatch(all, /backup-missing/)
  })
})
