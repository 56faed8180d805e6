import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { copyOf } from '../../activities/pgbackrest/copy.ts'
import type { Plan } from '../../domain/steps/contract.ts'
import { describeUnless } from '../lab/skip.ts'
import { nextSecond, noCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

const run = promisify(execFile)
const checks = [{ name: 'notes', rows: 'notes', atLeast: 200 }]

describeUnless(noCluster, 'a restore whose parts are killed', function (this: Mocha.Suite) {
  this.timeout(240_000)
  let live: Live
  let target = ''
  before(async () => {
    live = await openLive()
    // So large that the files of a backup take their moment, and recovery as well.
    await live.sql(
      'create table filler as select i, repeat(md5(i::text), 20) as t from generate_series(1, 60000) i',
    )
    await live.backup()
    await live.sql(`insert into notes (note) select 'note ' || i from generate_series(1, 200) i`)
    await live.sql('create table more as select * from filler')
    await nextSecond()
    const last = await live.commit('the last one')
    target = new Date(last.atMs + 1).toISOString()
    await live.sql('delete from notes')
  })
  after(() => live?.close())

  const at = () => live.at()
  const discard = (stepRun: string) => live.carryOut('postgres.discard-copy', {}, `${stepRun}-discard`)
  const restored = async (stepRun: string, plan: Plan) => {
    const { hand, context } = live
    const params = { backups: 'postgres-backups', target, checks, zone: 'UTC' }
    const done = await hand('postgres.restore').run(params, plan, context(stepRun))
    const verified = await hand('postgres.restore').verify(params, plan, done, context(stepRun))
    assert.equal(verified.ok, true, verified.says.en)
    const [row] = await live.onCopy('select count(*)::int as n from notes')
    assert.equal(row?.n, 201)
    return done
  }
  /** How often this has begun on the copy: pgBackRest says it in its log each time. */
  const begunRestores = async (stepRun: string) => {
    const copy = copyOf(live.settings, stepRun)
    return (await at().station.tail(copy.restoring)).match(/restore command begin/g)?.length ?? 0
  }

  for (const phase of ['restoring', 'recovering'])
    it(`goes on where it was when the worker dies while it is ${phase}`, async () => {
      const stepRun = `shodo-2/${phase}`
      const plan = await live.plan('postgres.restore', { target, checks }, stepRun)
      const killed = await live.killedAttempt(
        'postgres.restore',
        { target, checks },
        plan,
        stepRun,
        (beat) => beat.at === phase,
      )
      assert.equal(killed, true)
      const done = await restored(stepRun, plan)
      assert.equal(done.already, false)
      assert.equal(await begunRestores(stepRun), 1)
      await discard(stepRun)
    })

  it('begins pgBackRest again when that is killed, and it goes on with what is there', async () => {
    const stepRun = 'shodo-2/pgbackrest'
    const plan = await live.plan('postgres.restore', { target, checks }, stepRun)
    const copy = copyOf(live.settings, stepRun)
    const killed = await live.killedAttempt(
      'postgres.restore',
      { target, checks },
      plan,
      stepRun,
      async (beat) => {
        if (beat.at !== 'restoring') return false
        await at().station.signal(copy.restoring, 'KILL')
        return true
      },
    )
    assert.equal(killed, true)
    await restored(stepRun, plan)
    await discard(stepRun)
  })

  it('begins with an empty folder where pgBackRest was killed before its files could be known', async () => {
    const stepRun = 'shodo-2/early'
    const plan = await live.plan('postgres.restore', { target, checks }, stepRun)
    const { data } = copyOf(live.settings, stepRun)
    const { station } = at()
    await station.exec(['mkdir', '-p', '-m', '0700', `${data}/base`])
    await station.exec(['touch', `${data}/base/1`])
    await restored(stepRun, plan)
    await discard(stepRun)
  })

  it('starts the server of the copy again when that is killed while it recovers', async () => {
    const stepRun = 'shodo-2/postgres'
    const plan = await live.plan('postgres.restore', { target, checks }, stepRun)
    const copy = copyOf(live.settings, stepRun)
    let kills = 0
    await live.killedAttempt('postgres.restore', { target, checks }, plan, stepRun, async (beat) => {
      if (beat.at !== 'recovering' || kills > 0) return false
      const { status, stdout } = await at().station.exec(['head', '-n', '1', `${copy.data}/postmaster.pid`])
      if (status !== 0) return false
      kills += 1
      await run('kill', ['-s', 'KILL', stdout.trim()])
      return false
    })
    assert.equal(kills, 1)
    await restored(stepRun, plan)
    await discard(stepRun)
  })

  it('leaves the live database as it was, and nothing behind, when it is discarded half-way', async () => {
    const stepRun = 'shodo-2/half'
    const plan = await live.plan('postgres.restore', { target, checks }, stepRun)
    await live.killedAttempt(
      'postgres.restore',
      { target, checks },
      plan,
      stepRun,
      (beat) => beat.at === 'restoring',
    )
    const { verified } = await discard(stepRun)
    assert.equal(verified.ok, true)
    const { stdout } = await at().station.exec(['ls', '-A', live.settings.copiesFolder])
    assert.equal(stdout, '')
    assert.equal((await live.sql('select count(*)::int as n from notes'))[0]?.n, 0)
  })

  for (const phase of ['stopping', 'starting', 'backing up'])
    it(`finishes a cut-over when the worker dies while it is ${phase}`, async () => {
      const stepRun = `shodo-3/${phase.replace(' ', '-')}`
      const plan = await live.plan('postgres.restore', { target, checks }, stepRun)
      await restored(stepRun, plan)
      const over = `${stepRun}-cut-over`
      const cut = await live.plan('postgres.cut-over', { checks }, over)
      const killed = await live.killedAttempt(
        'postgres.cut-over',
        { checks },
        cut,
        over,
        (beat) => beat.at === phase,
      )
      assert.equal(killed, true)
      const { hand, context } = live
      const params = { backups: 'postgres-backups', checks }
      assert.equal(await hand('postgres.cut-over').isDone?.(params, cut, context(over)), true)
      const done = await hand('postgres.cut-over').run(params, cut, context(over))
      const verified = await hand('postgres.cut-over').verify(params, cut, done, context(over))
      assert.equal(verified.ok, true, verified.says.en)
      assert.equal((await live.sql('select count(*)::int as n from notes'))[0]?.n, 201)
      const copy = (cut.change as { copy: string }).copy
      const back = await live.carryOut('postgres.cut-back', { copy }, `${stepRun}-cut-back`)
      assert.equal(back.verified.ok, true, back.verified.says.en)
      assert.equal((await live.sql('select count(*)::int as n from notes'))[0]?.n, 0)
    })
})
