import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { copyOf } from '../../activities/pgbackrest/copy.ts'
import { isRefusal } from '../../activities/refusal.ts'
import { describeUnless } from '../lab/skip.ts'
import { nextSecond, noCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

/** What somebody, or chance, might bring about between two steps of a restore. */
describeUnless(noCluster, 'a cut-over', function (this: Mocha.Suite) {
  this.timeout(300_000)
  let live: Live
  let target = ''
  const checks = [{ name: 'notes', rows: 'notes', atLeast: 1 }]
  const station = () => live.at().station
  before(async () => {
    live = await openLive()
    await live.sql(`create role ops superuser login password 'old-password'`)
    await live.backup()
    await nextSecond()
    await live.sql(`insert into notes (note) select 'note ' || i from generate_series(1, 40) i`)
    const kept = await live.commit('kept')
    target = new Date(kept.atMs + 1).toISOString()
    await live.sql('alter role ops nologin password null')
    await live.sql('drop table notes')
  })
  after(() => live?.close())

  const restored = async (stepRun: string, own = checks) => {
    const { verified } = await live.carryOut('postgres.restore', { target, checks: own }, stepRun)
    assert.equal(verified.ok, true, verified.says.en)
  }
  const discard = (stepRun: string) => live.carryOut('postgres.discard-copy', {}, `${stepRun}-discard`)
  const refusedAs =
    (name: 'copy-not-usable' | 'target-changed' | 'cut-over-stopped' | 'precondition-failed', says: RegExp) =>
    (error: unknown) => {
      assert.match(String(error), says)
      return isRefusal(error, name)
    }

  it('is not planned by checks that the copy was never asked', async () => {
    await restored('shodo-11/none', [])
    const params = { checks: [{ name: 'never', rows: 'notes', atLeast: 1_000_000 }] }
    await assert.rejects(
      live.plan('postgres.cut-over', params, 'shodo-11/cut'),
      refusedAs('copy-not-usable', /not those that the copy was checked by/),
    )
    const plan = await live.plan('postgres.cut-over', {}, 'shodo-11/cut')
    assert.match(plan.says.en, /made by shodo-11\/none; nobody has checked its data/)
    // An undo takes back its own incident's copy only.
    await assert.rejects(
      live.plan('postgres.discard-copy', {}, 'shodo-7/restore-undo.2'),
      refusedAs('precondition-failed', /shodo-7 is gone, and this one was made by shodo-11\/none/),
    )
    const told = await live.plan('postgres.discard-copy', {}, 'shodo-7/discard')
    assert.match(told.says.en, /that shodo-11\/none made/)
    await discard('shodo-11/none')
  })

  it('is not planned where somebody has changed the settings of the copy; nobody logs in there but the worker', async () => {
    await restored('shodo-12/restore')
    await assert.rejects(
      live.onCopy('select 1', { user: 'ops', password: 'old-password' }),
      /no pg_hba.conf entry/,
    )
    const copy = copyOf(live.settings, 'shodo-12/restore')
    writeFileSync(`${copy.data}/postgresql.auto.conf`, `recovery_end_command = 'touch /tmp/owned'\n`, {
      flag: 'a',
    })
    await assert.rejects(
      live.plan('postgres.cut-over', { checks }, 'shodo-12/cut'),
      refusedAs('copy-not-usable', /settings were changed/),
    )
    await discard('shodo-12/restore')
  })

  it('tells of the loss what the worker sees, whatever figures come along', async () => {
    await restored('shodo-13/restore')
    const { hand, context } = live
    const params = { backups: 'postgres-backups', checks }
    const plan = await hand('postgres.cut-over').plan(params, context('shodo-13/cut'))
    const { loss } = plan.before as { loss: { commits: number; rows: object[] } }
    assert.match(plan.says.en, /notes: live 0, copy 41/)
    const forged = { ...plan, before: { ...(plan.before as object), loss: { ...loss, rows: [] } } }
    const own = await hand('postgres.cut-over').plan(params, context('shodo-13/cut'), forged)
    assert.equal(own.says.en, plan.says.en)
    await discard('shodo-13/restore')
  })

  it('puts nothing else in place when the server of the copy dies, before it is asked for and on the way', async () => {
    await restored('shodo-14/restore')
    const copy = copyOf(live.settings, 'shodo-14/restore')
    const kill = () => station().signal(copy.server, 'KILL')
    await kill()
    // It stands again where it stood, and so it does each time.
    const plan = await live.plan('postgres.cut-over', { checks }, 'shodo-14/cut')
    await kill()
    const { hand, context } = live
    const params = { backups: 'postgres-backups', checks }
    const { settings } = live
    const stopCommand = settings.stopCommand ?? []
    Object.assign(settings, { stopCommand: ['false'] })
    await assert.rejects(hand('postgres.cut-over').run(params, plan, context('shodo-14/cut')))
    Object.assign(settings, { stopCommand })
    await kill()
    const done = await hand('postgres.cut-over').run(params, plan, context('shodo-14/cut'))
    const verified = await hand('postgres.cut-over').verify(params, plan, done, context('shodo-14/cut'))
    assert.equal(verified.ok, true, verified.says.en)
    assert.equal((await live.sql('select count(*)::int as n from notes'))[0]?.n, 41)
    const back = await live.carryOut('postgres.cut-back', { copy: copy.name }, 'shodo-14/back')
    assert.equal(back.verified.ok, true, back.verified.says.en)
  })

  it('that cannot even begin is given up with its copy, and the live database goes on', async () => {
    await restored('shodo-15/restore')
    const { settings } = live
    const stopCommand = settings.stopCommand
    Object.assign(settings, { stopCommand: ['false'] })
    try {
      const plan = await live.plan('postgres.cut-over', { checks }, 'shodo-15/cut')
      const params = { backups: 'postgres-backups', checks }
      const run = () => live.hand('postgres.cut-over').run(params, plan, live.context('shodo-15/cut'))
      await assert.rejects(run(), refusedAs('cut-over-stopped', /stop and exchange/))
    } finally {
      Object.assign(settings, { stopCommand })
    }
    await discard('shodo-15/restore')
    await restored('shodo-15/again')
    const first = await live.carryOut('postgres.cut-over', { checks }, 'shodo-15/cut-2')
    assert.equal(first.verified.ok, true, first.verified.says.en)
    const firstCopy = (first.plan.change as { copy: string }).copy
    const old = await live.plan('postgres.cut-back', { copy: firstCopy }, 'shodo-15/back')
    // Another restore in between: what the first one kept is not what was there before.
    await nextSecond()
    await live.commit('since')
    const again = await live.carryOut('postgres.restore', { checks }, 'shodo-16/restore')
    assert.equal(again.verified.ok, true, again.verified.says.en)
    await live.carryOut('postgres.cut-over', { checks }, 'shodo-16/cut')
    const params = { backups: 'postgres-backups', copy: firstCopy }
    const run = () => live.hand('postgres.cut-back').run(params, old, live.context('shodo-15/back'))
    await assert.rejects(run(), refusedAs('target-changed', /this cut-over opened \d/))
    await assert.rejects(
      live.plan('postgres.cut-back', { copy: firstCopy }, 'shodo-15/back-2'),
      refusedAs('target-changed', /this cut-over opened \d/),
    )
  })
})
