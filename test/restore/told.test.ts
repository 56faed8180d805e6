import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  appendFileSync,
  chownSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { promisify } from 'node:util'
import { isRefusal } from '../../activities/refusal.ts'
import { describeUnless, skipBecause } from '../lab/skip.ts'
import { nextSecond, noCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

const run = promisify(execFile)
const checks = [{ name: 'notes', rows: 'notes', atLeast: 1 }]

/** What two people have to know before they agree, and what a step says of itself later. */
describeUnless(noCluster, 'the plan of a cut-over', function (this: Mocha.Suite) {
  this.timeout(300_000)
  let live: Live
  let target = ''
  const owned = (command: readonly string[] = []) => {
    const [program = '', ...args] = [...live.settings.as, ...command]
    return run(program, args, { cwd: '/' })
  }

  before(async () => {
    live = await openLive()
    const { dataFolder } = live.settings
    const { uid, gid } = statSync(dataFolder)
    await owned(live.settings.stopCommand)
    const log = `${live.sockets}/wal-disk`
    mkdirSync(log, { mode: 0o700 })
    chownSync(log, uid, gid)
    renameSync(`${dataFolder}/pg_wal`, `${log}/pg_wal`)
    symlinkSync(`${log}/pg_wal`, `${dataFolder}/pg_wal`)
    appendFileSync(`${dataFolder}/postgresql.conf`, 'max_prepared_transactions = 5\n')
    await owned(live.settings.startCommand)
    await live.sql(`create role rotated login password 'of-then'`)
    await live.sql('create role demoted superuser')
    await live.sql('create role left_us login')
    await live.sql('create unlogged table sessions (id int)')
    await live.backup()
    await nextSecond()
    const kept = await live.commit('kept')
    target = new Date(kept.atMs + 1).toISOString()
    await live.sql(`alter role rotated password 'of-now'`)
    await live.sql('alter role demoted nosuperuser')
    await live.sql('drop role left_us')
    await live.sql('create role joined_us')
    await live.sql(`alter system set work_mem = '7MB'`)
    appendFileSync(`${dataFolder}/pg_hba.conf`, '# since\n')
    await live.sql('select pg_reload_conf()')
    await live.sql('drop table notes')
  })
  after(() => live?.close())

  it('names what is as it was then: passwords, roles, settings, who may sign in, links, what is empty', async () => {
    const { verified } = await live.carryOut('postgres.restore', { target, checks }, 'shodo-1/restore')
    assert.equal(verified.ok, true, verified.says.en)
    const plan = await live.plan('postgres.cut-over', { checks }, 'shodo-1/cut-over')
    const { en, ja } = plan.says
    for (const told of [
      /the passwords of rotated are those of then/,
      /the attributes of the roles demoted are those of then/,
      /roles made since are gone: joined_us/,
      /roles dropped since are back: left_us/,
      /settings are those of then: work_mem/,
      /pg_hba\.conf is that of then \(diff \S+ \S+\)/,
      /unlogged tables are empty: postgres\.public\.sessions/,
      /prepared transactions of now are lost/,
      /links become folders and files on the disk of the data: pg_wal -> \S+wal-disk\/pg_wal/,
    ])
      assert.match(en, told)
    assert.match(ja, /rotated のパスワードは当時のものに戻ります/)
    assert.doesNotMatch(en, /pg_ident\.conf|restore_command|tablespaces|unknown/)
    assert.doesNotMatch(JSON.stringify(plan), /SCRAM|of-then|of-now|[0-9a-f]{64}.*rotated/)
    // Planned again right before the deed, it is told in the same words.
    const params = { backups: 'postgres-backups', checks }
    const again = await live.hand('postgres.cut-over').plan(params, live.context('shodo-1/cut-over'), plan)
    assert.deepEqual(again.says, plan.says)
  })

  it('is refused where a folder of the data is a mount point, which would go along with what is kept', async function () {
    if (process.getuid?.() !== 0) skipBecause(this, 'a mount takes root')
    const folder = `${live.settings.dataFolder}/mounted`
    mkdirSync(folder)
    await run('mount', ['-t', 'tmpfs', 'mounted', folder])
    try {
      await assert.rejects(live.plan('postgres.cut-over', { checks }, 'shodo-1/cut-over'), (error) => {
        assert.match(String(error), /data\/mounted is a mount point, which would go along/)
        return isRefusal(error, 'restore-refused')
      })
    } finally {
      await run('umount', ['-l', folder])
      rmdirSync(folder)
    }
  })

  it('is carried out where the log lies on a disk of its own, and taken back', async () => {
    const { dataFolder } = live.settings
    const cut = await live.carryOut('postgres.cut-over', { checks }, 'shodo-1/cut-over')
    assert.equal(cut.verified.ok, true, cut.verified.says.en)
    assert.equal(lstatSync(`${dataFolder}/pg_wal`).isSymbolicLink(), false)
    const { keptUntil } = cut.done.after as { keptUntil: string }
    assert.ok(Date.parse(keptUntil) > Date.now())

    // What is in use cannot be discarded, and its restore was not taken back.
    await assert.rejects(live.plan('postgres.discard-copy', {}, 'shodo-1/restore-undo'), (error) => {
      assert.match(String(error), /is the live database since cut-over/)
      return isRefusal(error, 'copy-in-use')
    })
    const elsewhere = await live.plan('postgres.discard-copy', {}, 'shodo-2/discard')
    assert.equal(elsewhere.nothingToDo, true)

    const { copy } = cut.plan.change as { copy: string }
    const back = await live.carryOut('postgres.cut-back', { copy }, 'shodo-1/cut-over-undo')
    assert.equal(back.verified.ok, true, back.verified.says.en)
    assert.equal(lstatSync(`${dataFolder}/pg_wal`).isSymbolicLink(), true)
    assert.equal((await live.plan('postgres.discard-copy', {}, 'shodo-1/restore-undo')).nothingToDo, true)
  })
})

describeUnless(noCluster, 'a restore from a primary that cannot archive', function (this: Mocha.Suite) {
  this.timeout(300_000)
  let live: Live
  before(async () => {
    live = await openLive()
    await live.backup()
    await nextSecond()
    await live.commit('archived')
    await live.archived()
  })
  after(() => live?.close())

  const copies = async () => {
    const { station, settings } = live.at()
    return (await station.exec(['ls', '-A', settings.copiesFolder])).stdout
  }

  it('is refused before a single file is fetched, and leaves nothing that stands in the way of the next one', async () => {
    const plan = await live.plan('postgres.restore', {}, 'shodo-3/restore')
    const last = await live.commit('not archived')
    const at = { target: new Date(last.atMs + 1).toISOString() }
    await nextSecond()
    const planAt = await live.plan('postgres.restore', at, 'shodo-3/restore-at')
    await live.sql(`alter system set archive_command = 'false'`)
    await live.sql('select pg_reload_conf()')
    const attempt = (params: object, of: typeof plan, stepRun: string) => {
      const whole = { backups: 'postgres-backups', checks: [], zone: 'UTC', ...params }
      return live.hand('postgres.restore').run(whole, of, live.context(stepRun))
    }
    const beforehand = await copies()
    for (const [params, of, stepRun] of [
      [{}, plan, 'shodo-3/restore'],
      [at, planAt, 'shodo-3/restore-at'],
    ] as const)
      await assert.rejects(attempt(params, of, stepRun), (error) => {
        assert.match(String(error), /the primary cannot archive [0-9A-F]{24}/)
        return isRefusal(error, 'restore-refused')
      })
    assert.equal(await copies(), beforehand)
    await live.sql('alter system reset archive_command')
    await live.sql('select pg_reload_conf()')
    const { verified } = await live.carryOut('postgres.restore', at, 'shodo-3/restore.2')
    assert.equal(verified.ok, true, verified.says.en)
  })
})
