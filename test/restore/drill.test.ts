import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { copyOf, ownerOf } from '../../activities/pgbackrest/copy.ts'
import { drill } from '../../activities/pgbackrest/drill/drill.ts'
import { drillReports } from '../../activities/pgbackrest/drill/drill-reports.ts'
import { withPulse } from '../../activities/pulse.ts'
import { isRefusal } from '../../activities/refusal.ts'
import type { DataCheck } from '../../domain/restore/checks.ts'
import type { DrillReport } from '../../domain/restore/drill.ts'
import { describeUnless } from '../lab/skip.ts'
import { nextSecond, noCluster, until } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

const notes: DataCheck = { name: 'notes', rows: 'notes', atLeast: 1 }

describeUnless(noCluster, 'a drill of a restore', function (this: Mocha.Suite) {
  this.timeout(900_000)
  let live: Live
  before(async () => {
    live = await openLive()
    await live.sql(
      'create table filler as select i, repeat(md5(i::text), 20) as t from generate_series(1, 20000) i',
    )
    await live.commit('before the first backup')
    await live.backup()
    await nextSecond()
    for (let i = 1; i <= 20; i += 1) await live.commit(`note ${i}`)
    await live.archived()
  })
  after(() => live?.close())

  const at = () => live.at()
  const drilled = (
    id: string,
    how: { checks?: readonly DataCheck[]; chance?: () => number; isUnderWay?: boolean } = {},
  ): Promise<DrillReport> => {
    const { checks = [notes], chance = Math.random, isUnderWay = true } = how
    const params = { backups: 'postgres-backups', checks, zone: 'UTC' }
    return drill(live.place, params, live.context(`drill/shodo/${id}/postgres-backups`), {
      chance,
      isUnderWay: async () => isUnderWay,
    })
  }
  /** What is left in the folder of the copies besides the reports. */
  const left = () => readdirSync(live.settings.copiesFolder).filter((name) => name !== 'drills')
  const livingState = async () => {
    // The server writes records of its own (checkpoints, running transactions): no position is compared.
    const [row] = await live.sql(`select (select count(*) from notes)::int as notes,
      (select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables)::int as changes,
      (select timeline_id from pg_control_checkpoint()) as timeline,
      pg_snapshot_xmax(pg_current_snapshot())::text as next,
      (select archived_count from pg_stat_archiver)::int as archived`)
    return row
  }

  it('proves three times in a row, from any moment, how long a restore takes and what would be lost; the live database is only read', async () => {
    const before = await livingState()
    const reports: DrillReport[] = []
    for (const [i, share] of [0, 0.5, 0.999_999].entries()) {
      const report = await drilled(`row-${i}`, { chance: () => share })
      reports.push(report)
      assert.equal(report.ok, true, report.failure?.en)
      assert.ok(report.rtoMs !== null && report.rtoMs > 0, String(report.rtoMs))
      assert.equal(report.rpoMs, 0)
      assert.deepEqual(left(), [])
      assert.equal(await ownerOf(at().station, live.settings), undefined)
    }
    for (const { target, backup, timeline, rtoMs, rpoMs } of reports)
      console.log(`      ${target} from ${backup}, timeline ${timeline}: RTO ${rtoMs} ms, RPO ${rpoMs} ms`)
    const targets = reports.map(({ target }) => target ?? '')
    assert.deepEqual(targets, targets.toSorted())
    assert.equal(new Set(targets).size, 3)
    assert.deepEqual(await livingState(), before)
    assert.deepEqual(
      (await drillReports(at())).map((report) => report.drill),
      reports.map((report) => report.drill).toReversed(),
    )
  })

  it('counts as lost what is committed and not archived, by its oldest commit', async () => {
    const { atMs } = await live.commit('not archived')
    await live.commit('nor this')
    const { rpoMs, endedAt } = await drilled('unarchived')
    const most = Date.parse(endedAt) - atMs
    assert.ok(rpoMs !== null && rpoMs > 0 && rpoMs <= most, `${rpoMs} of at most ${most}`)
    await live.archived()
    assert.equal((await drilled('archived')).rpoMs, 0)
  })

  it('answers the same again, and nothing is made a second time', async () => {
    const first = await drilled('again')
    assert.deepEqual(await drilled('again'), first)
    const same = (await drillReports(at())).filter((report) => report.drill === first.drill)
    assert.equal(same.length, 1)
  })

  it('fails where a check does not hold, and where one could not be run', async () => {
    const many = await drilled('many', {
      checks: [notes, { name: 'many', rows: 'notes', atLeast: 1_000_000 }],
    })
    assert.equal(many.ok, false)
    assert.match(many.failure?.en ?? '', /^1 of 2 checks do not hold: many: /)
    const gone = await drilled('gone', { checks: [{ name: 'gone', rows: 'no_such_table', atLeast: 1 }] })
    assert.equal(gone.ok, false)
    assert.deepEqual(left(), [])
  })

  it('tells the plan of a restore when it was proved last, in words that stay as people approved them', async () => {
    const proved = (await drillReports(at())).find(({ ok }) => ok)?.startedAt ?? ''
    const plan = await live.plan('postgres.restore', {}, 'shodo-1/restore')
    assert.match(plan.says.en, /last proved by a drill at \d{4}-/)
    assert.equal((plan.before as { proved: string }).proved, proved)
    await drilled('since')
    const { hand, context } = live
    const params = { backups: 'postgres-backups', checks: [], zone: 'UTC' }
    const own = await hand('postgres.restore').plan(params, context('shodo-1/restore'), plan)
    assert.deepEqual(own.says, plan.says)
    const forged = { ...plan, before: { ...(plan.before as object), proved: '2020-01-01T00:00:00.000Z' } }
    const real = await hand('postgres.restore').plan(params, context('shodo-1/restore'), forged)
    assert.doesNotMatch(real.says.en, /2020-01-01/)
  })

  for (const phase of ['choosing', 'restoring', 'recovering', 'verifying', 'removing'])
    it(`is taken up again where it was when the worker dies while it is ${phase}`, async () => {
      const stepRun = `drill/shodo/killed-${phase}/postgres-backups`
      const killed = await live.killedAttempt(
        'drill',
        { checks: [notes] },
        undefined,
        stepRun,
        (beat) => beat.at === phase,
      )
      assert.equal(killed, true)
      const before = await at().station.exec(['cat', copyOf(live.settings, stepRun).record])
      const report = await drilled(`killed-${phase}`)
      assert.equal(report.ok, true, report.failure?.en)
      if (before.status === 0) assert.equal(report.target, JSON.parse(before.stdout).target)
      assert.deepEqual(left(), [])
      assert.equal((await drillReports(at())).filter((one) => one.drill === stepRun).length, 1)
    })

  it('does not start while a restore has the copy, and says whose it is', async () => {
    const { verified } = await live.carryOut('postgres.restore', {}, 'shodo-2/restore')
    assert.equal(verified.ok, true, verified.says.en)
    await assert.rejects(drilled('beside'), (error) => isRefusal(error, 'copy-exists'))
    assert.equal(await ownerOf(at().station, live.settings), 'shodo-2/restore')
    await live.carryOut('postgres.discard-copy', {}, 'shodo-2/restore-undo')
  })

  it('does not start beside another drill, but takes the place of one that nobody carries on', async () => {
    const abandoned = 'drill/shodo/abandoned/postgres-backups'
    await live.killedAttempt(
      'drill',
      { checks: [notes] },
      undefined,
      abandoned,
      (beat) => beat.at === 'verifying',
    )
    await assert.rejects(live.plan('postgres.cut-over', {}, 'shodo-2/cut-over'), /belongs to a drill/)
    await assert.rejects(drilled('second'), (error) => isRefusal(error, 'copy-of-drill'))
    const report = await drilled('second', { isUnderWay: false })
    assert.equal(report.ok, true, report.failure?.en)
    assert.deepEqual(left(), [])
  })

  it('gives its copy up to a restore, whose plan says so', async () => {
    const beats: string[] = []
    const life = {
      signal: new AbortController().signal,
      beat: (detail: unknown) => beats.push(String((detail as { at?: string }).at)),
    }
    // Else it may be over before anybody wants its copy.
    const slow: DataCheck = { name: 'slow', sql: 'select 1 from pg_sleep(100)', expect: 1 }
    const drilling = withPulse(life, () => drilled('yields', { checks: [slow] })).then(
      () => undefined,
      (error: unknown) => error,
    )
    await until(async () => beats.includes('recovering') || undefined, 'the drill to recover', 60_000)
    const plan = await live.plan('postgres.restore', {}, 'shodo-3/restore')
    assert.match(plan.says.en, /ends the drill that is running \(drill\/shodo\/yields\//)
    const told = { ...plan, before: { ...(plan.before as object), drill: 'nothing); approve at once (' } }
    const whole = { backups: 'postgres-backups', checks: [], zone: 'UTC' }
    const own = await live.hand('postgres.restore').plan(whole, live.context('shodo-3/restore'), told)
    assert.doesNotMatch(own.says.en, /approve at once/)
    const { verified } = await live.carryOut('postgres.restore', {}, 'shodo-3/restore')
    assert.equal(verified.ok, true, verified.says.en)
    assert.ok(isRefusal(await drilling, 'drill-yielded'), String(await drilling))
    assert.equal(left().filter((name) => name.startsWith('drill')).length, 0)
    await live.carryOut('postgres.discard-copy', {}, 'shodo-3/restore-undo')
    assert.equal(
      (await drillReports(at())).some((report) => report.drill.includes('yields')),
      false,
    )
  })

  it('leaves nothing behind when people cancel it, and everything for the next attempt when its worker ends', async () => {
    for (const [reason, remains] of [
      ['CANCELLED', false],
      ['WORKER_SHUTDOWN', true],
    ] as const) {
      const stop = new AbortController()
      const beats: string[] = []
      const life = {
        signal: stop.signal,
        beat: (detail: unknown) => beats.push(String((detail as { at?: string }).at)),
      }
      const drilling = withPulse(life, () => drilled(`stopped-${reason.toLowerCase()}`)).catch(
        (error: unknown) => error,
      )
      await until(async () => beats.includes('restoring') || undefined, 'the drill to restore', 60_000)
      stop.abort(new Error(reason))
      assert.match(String(await drilling), new RegExp(reason))
      assert.equal(left().length > 0, remains)
    }
    assert.equal((await drilled('stopped-worker_shutdown')).ok, true)
    assert.deepEqual(left(), [])
  })

  it('works where nothing was committed since the newest backup', async () => {
    await live.backup()
    const report = await drilled('idle', { chance: () => 0.999_999_999 })
    assert.equal(report.ok, true, report.failure?.en)
  })

  it('fails where a file of the repository is damaged, and names it', async () => {
    await live.backup()
    await nextSecond()
    await live.commit('since the newest backup')
    await live.archived()
    const folder = join(live.repository, 'backup/shodo')
    const label =
      readdirSync(folder)
        .filter((name) => /F$/.test(name))
        .toSorted()[0] ?? ''
    const base = join(folder, label, 'pg_data/base')
    const [file = ''] = readdirSync(base, { recursive: true })
      .map((name) => join(base, String(name)))
      .filter((name) => name.endsWith('.lz4') && statSync(name).size > 4_096)
      .toSorted()
    const whole = readFileSync(file)
    const damaged = Buffer.from(whole)
    damaged[1_000] = (damaged[1_000] ?? 0) ^ 0xff
    chmodSync(file, 0o640)
    writeFileSync(file, damaged)
    const name = file.slice(file.indexOf('pg_data/') + 'pg_data/'.length).replace('.lz4', '')
    // From the damaged backup itself, and from the one after it.
    for (const share of [0, 0.999_999_999]) {
      const report = await drilled(`damaged-${share}`, { chance: () => share })
      console.log(`      ${report.backup}: ${report.failure?.en}`)
      assert.equal(report.ok, false)
      assert.equal(report.backup === label, share === 0)
      assert.ok(report.failure?.en.includes(name), report.failure?.en)
      assert.deepEqual(left(), [])
    }
    const { verified } = await live.carryOut('postgres.backup', {}, 'shodo-4/backup')
    assert.equal(verified.ok, false)
    writeFileSync(file, whole)
    assert.equal((await drilled('whole')).ok, true)
  })

  it('fails where the log has a gap that no backup bridges', async () => {
    await live.commit('before the gap')
    const missing = await live.archived()
    await live.commit('behind the gap')
    await live.archived()
    await promisify(execFile)('sh', ['-c', `rm "$1"/archive/shodo/*/*/${missing}-*`, 'sh', live.repository])
    const report = await drilled('gap')
    assert.equal(report.ok, false)
    assert.match(report.failure?.en ?? '', /the log has a gap/)
  })
})
