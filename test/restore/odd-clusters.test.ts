import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { isRefusal } from '../../activities/refusal.ts'
import { describeUnless } from '../lab/skip.ts'
import { nextSecond, noCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

const run = promisify(execFile)

/** Clusters as teams have them, after public reports of users of other tools. */
describeUnless(noCluster, 'a restore of a cluster', function (this: Mocha.Suite) {
  this.timeout(300_000)
  let live: Live
  before(async () => {
    live = await openLive()
  })
  after(() => live?.close())
  const restart = async () => {
    const { settings } = live
    for (const command of [settings.stopCommand ?? [], settings.startCommand ?? []]) {
      const [program = '', ...args] = [...settings.as, ...command]
      await run(program, args, { cwd: '/' })
    }
  }

  it('whose max_connections was raised since the backup, that cleans an archive up, and kept another target', async () => {
    const cleaned = `${live.sockets}/cleaned`
    writeFileSync(
      `${live.settings.dataFolder}/postgresql.conf`,
      `archive_cleanup_command = 'touch ${cleaned}'\nrecovery_end_command = 'touch ${cleaned}'\n`,
      { flag: 'a' },
    )
    await live.backup()
    await nextSecond()
    await live.sql(`alter system set max_connections = 60`)
    await restart()
    const last = await live.commit('after')
    await live.sql('delete from notes')
    const target = new Date(last.atMs + 1).toISOString()
    const checks = [{ name: 'notes', rows: 'notes', atLeast: 1 }]
    const { verified } = await live.carryOut('postgres.restore', { target, checks }, 'shodo-20/restore')
    assert.equal(verified.ok, true, verified.says.en)
    assert.equal(existsSync(cleaned), false, 'commands of a standby are not run by a copy')
    const cut = await live.carryOut('postgres.cut-over', { checks }, 'shodo-20/cut-over')
    assert.equal(cut.verified.ok, true, cut.verified.says.en)
    assert.equal((await live.sql('select count(*)::int as n from notes'))[0]?.n, 1)
  })

  it('with tablespaces is refused before anything of it is written, also when the server answers nobody', async () => {
    const { settings } = live
    const folder = `${live.sockets}/tablespace`
    const [program = '', ...args] = [...settings.as, 'mkdir', '-m', '0700', folder]
    await run(program, args, { cwd: '/' })
    await live.sql(`create tablespace elsewhere location '${folder}'`)
    const plan = live.plan('postgres.restore', {}, 'shodo-21/restore')
    await assert.rejects(plan, (error) => isRefusal(error, 'restore-refused'))
    // As it is planned while the server cannot be asked.
    const { restoreFiles } = await import('../../activities/pgbackrest/backup-files.ts')
    const { copyOf } = await import('../../activities/pgbackrest/copy.ts')
    const info = JSON.parse(await live.pgbackrest('--output=json', 'info'))
    const backup = info[0].backup.at(-1).label
    const copy = copyOf(settings, 'shodo-21/restore')
    const { station } = live.at()
    await assert.rejects(restoreFiles(station, settings, copy, { backup, bytes: 1 }), (error) => {
      assert.match(String(error), /tablespaces/)
      return isRefusal(error, 'restore-refused')
    })
    assert.equal(existsSync(copy.data), false)
    await live.sql('drop tablespace elsewhere')
  })
})
