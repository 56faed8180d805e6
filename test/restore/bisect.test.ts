import assert from 'node:assert/strict'
import { copyOf } from '../../activities/pgbackrest/copy.ts'
import { withPulse } from '../../activities/pulse.ts'
import { isRefusal } from '../../activities/refusal.ts'
import { catalogue } from '../../domain/steps/catalogue.ts'
import type { Done, StepParams } from '../../domain/steps/contract.ts'
import type { Json } from '../../domain/words.ts'
import { describeUnless } from '../lab/skip.ts'
import { nextSecond, noCluster, until } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

const commits = 10_000
const kind = 'postgres.bisect'

type After = {
  readonly copy: string
  readonly commits: number
  readonly probes: number
  readonly restores: number
  readonly clones: number
  readonly holds: { readonly commit: number; readonly xid: number | null }
  readonly fails: { readonly commit: number; readonly xid: number | null }
  readonly between: { readonly unknown: number; readonly unseen: number }
  readonly changed: readonly {
    readonly relation: string
    readonly operations: Readonly<Record<string, number>>
  }[]
  readonly proposal: { readonly target: string; readonly exact: boolean; readonly leavesOut: number }
}
const afterOf = ({ after }: Done) => after as unknown as After

describeUnless(noCluster, 'the last commit at which a check held', function (this: Mocha.Suite) {
  this.timeout(1_800_000)
  let live: Live
  const spoiling = 1 + Math.floor(Math.random() * commits)
  /** Between the ends of both: so many orders, each a commit of its own. */
  let [good, bad] = ['', '']

  before(async () => {
    live = await openLive()
    await live.sql('create table orders (id bigint primary key, total bigint not null)')
    await live.sql('create table spoiled (xid bigint)')
    await live.sql(`create procedure fill(n int, bad int) language plpgsql as $$
      begin
        for i in 1..n loop
          insert into orders values (i, case when i = bad then -1 else i end);
          if i = bad then
            begin
              insert into spoiled values (pg_current_xact_id()::text::bigint), (0), (0);
            exception when others then raise;
            end;
          end if;
          commit;
        end loop;
      end $$`)
    await live.backup()
    await nextSecond()
    await live.commit('before')
    good = await between()
    await live.sql(`call fill(${commits}, ${spoiling})`)
    bad = await between()
    await live.commit('after')
  })
  after(() => live?.close())

  /** A time between what was committed and what will be. */
  const between = async () => {
    await nextSecond()
    const at = new Date().toISOString()
    await nextSecond()
    return at
  }
  const ordersAreGood = { name: 'orders', sql: 'select count(*) from orders where total < 0', expect: 0 }
  /** Fails from the n-th order on. */
  const upTo = (n: number) => ({
    name: 'orders',
    sql: `select coalesce(max(id), 0) < ${n} from orders`,
    expect: true,
  })
  const params = (more: StepParams): StepParams => ({ checks: [ordersAreGood], good, bad, ...more })
  const ordersOnCopy = async () => (await live.onCopy('select count(*)::int as n from orders'))[0]?.n
  /** When the n-th order was committed, and under which number. */
  const order = async (n: number) => {
    const [row] = await live.sql(
      `select xmin::text::int as xid, floor(extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as ms
       from orders where id = $1`,
      [n],
    )
    return { xid: Number(row?.xid), ms: Number(row?.ms) }
  }
  /** Some hundred commits around the n-th order, in whole milliseconds. */
  const around = async (n: number) => {
    const from = await order(Math.max(1, n - 150))
    const to = await order(Math.min(commits, n + 150))
    return { good: new Date(from.ms - 1).toISOString(), bad: new Date(to.ms + 1).toISOString() }
  }
  const discard = (stepRun: string) => live.carryOut('postgres.discard-copy', {}, `${stepRun}-discard`)
  /** Segments that a killed worker was reading go after a day (sweep.ts). */
  const left = async () => {
    const { station } = live.at()
    const { stdout } = await station.exec(['ls', '-A', live.settings.copiesFolder])
    return stdout
      .split('\n')
      .filter((name) => name !== '' && !name.startsWith('.log-'))
      .join()
  }
  const refusedAs = (name: 'bisect-ended' | 'restore-refused', words: RegExp) => (error: unknown) => {
    assert.ok(isRefusal(error, name), String(error))
    assert.match(JSON.stringify(error), words)
    return true
  }

  it('is found among 10,000, with what the next one changed, on one restored copy', async () => {
    const stepRun = 'shodo-1/bisect'
    const checks = [ordersAreGood, { name: 'notes', rows: 'notes', atLeast: 1 }]
    const { done, verified } = await live.carryOut(kind, params({ checks, check: 'orders' }), stepRun)
    const after = afterOf(done)
    const [first] = await live.sql('select max(xid)::int as xid from spoiled')
    assert.equal(after.fails.xid, first?.xid)
    assert.equal(after.fails.commit, after.holds.commit + 1)
    assert.equal(after.commits, commits)
    assert.equal(after.restores, 1)
    assert.ok(after.probes <= Math.ceil(Math.log2(commits)) + 2, `${after.probes} looks`)
    assert.ok(after.clones <= after.probes, `${after.clones} clones for ${after.probes} looks`)
    assert.deepEqual(after.changed.map(({ relation, operations }) => [relation, operations]).sort(), [
      ['public.orders', { INSERT: 1 }],
      ['public.spoiled', { INSERT: 3 }],
    ])
    assert.equal(await ordersOnCopy(), spoiling - 1)
    assert.equal(verified.ok, true, verified.says.en)
    await discard(stepRun)
    assert.equal(await left(), '')
  })

  it('proposes a time that a restore leads to exactly this state with, or says how much is missing there', async () => {
    // A target is a whole millisecond, and between some two commits there is none.
    const pair = async (isApart: boolean) => {
      const [row] = await live.sql(
        `select b.id::int as n from orders a join orders b on b.id = a.id + 1,
          extract(epoch from pg_xact_commit_timestamp(a.xmin)) as earlier, extract(epoch from pg_xact_commit_timestamp(b.xmin)) as later
         where (ceil(earlier * 1000) < later * 1000) = $1 and a.id > 1 order by random() limit 1`,
        [isApart],
      )
      return Number(row?.n)
    }
    for (const [n, exact] of [
      [await pair(true), true],
      [await pair(false), false],
    ] as const) {
      const stepRun = `shodo-1/proposal-${exact}`
      const { done } = await live.carryOut(kind, params({ checks: [upTo(n)], ...(await around(n)) }), stepRun)
      const { fails, proposal } = afterOf(done)
      assert.equal(fails.xid, (await order(n)).xid)
      assert.equal(await ordersOnCopy(), n - 1)
      assert.equal(proposal.exact, exact, JSON.stringify(proposal))
      assert.equal(proposal.leavesOut > 0, !exact)
      await discard(stepRun)
      const restore = `${stepRun}-restore`
      await live.carryOut('postgres.restore', { target: proposal.target, checks: [] }, restore)
      assert.equal(await ordersOnCopy(), n - 1 - proposal.leavesOut)
      await discard(restore)
    }
  })

  it('is the same when the worker dies, again and again, and nothing is restored twice', async () => {
    const stepRun = 'shodo-1/dying'
    const n = 1 + Math.floor(Math.random() * commits)
    const wanted = params({ checks: [upTo(n)], ...(await around(n)) })
    const plan = await live.plan(kind, wanted, stepRun)
    const begun = { probe: 0 }
    for (let deaths = 0; deaths < 4; deaths += 1) {
      // Anywhere in the next looks.
      let beats = 1 + Math.floor(Math.random() * 30)
      await live.killedAttempt(kind, wanted, plan, stepRun, (beat) => {
        const { probe = begun.probe } = beat as { readonly probe?: number }
        assert.ok(probe >= begun.probe, `back from look ${begun.probe} to ${probe}`)
        begun.probe = probe
        beats -= 1
        return beats === 0
      })
    }
    const done = await live.hand(kind).run(parsed(wanted), plan, live.context(stepRun))
    const after = afterOf(done)
    assert.equal(after.fails.xid, (await order(n)).xid)
    assert.equal(after.restores, 1)
    const { station } = live.at()
    const { restoring } = copyOf(live.settings, stepRun)
    assert.equal((await station.tail(restoring)).match(/restore command begin/g)?.length, 1)
    assert.equal(await ordersOnCopy(), n - 1)
    const again = await live.hand(kind).run(parsed(wanted), plan, live.context(stepRun))
    assert.deepEqual(again, { ...done, already: true })
    await discard(stepRun)
    assert.equal(await left(), '')
  })

  it('is the same when the work is told to stop, and when the server of the copy is killed under a check', async () => {
    const stepRun = 'shodo-1/killed'
    const n = 1 + Math.floor(Math.random() * commits)
    const wanted = params({ checks: [upTo(n)], ...(await around(n)) })
    const plan = await live.plan(kind, wanted, stepRun)
    const { station } = live.at()
    const copy = copyOf(live.settings, stepRun)
    const kill = async () => {
      const { stdout } = await station.exec(['head', '-n', '1', `${copy.data}/postmaster.pid`])
      if (stdout.trim() !== '') await station.exec(['kill', '-s', 'KILL', stdout.trim()])
    }
    let kills = 0
    const stop = new AbortController()
    const life = (signal: AbortSignal) => ({
      signal,
      beat: (detail: Json) => {
        const { probe, doing } = detail as { readonly probe?: number; readonly doing?: string }
        // `orders`: the check itself is about to be asked.
        if (doing === 'orders' && kills < 3 && (probe ?? 0) > 2 * kills) {
          kills += 1
          void kill()
        }
        if ((probe ?? 0) === 5) stop.abort(new Error('told to stop'))
      },
    })
    const run = (signal: AbortSignal) =>
      withPulse(life(signal), () => live.hand(kind).run(parsed(wanted), plan, live.context(stepRun)))
    await assert.rejects(run(stop.signal), /told to stop/)
    const after = afterOf(await run(new AbortController().signal))
    assert.equal(kills, 3)
    assert.equal(after.fails.xid, (await order(n)).xid)
    assert.equal(after.restores, 1)
    await discard(stepRun)
  })

  it('is not looked for between ends that are the wrong way round, and no copy stays', async () => {
    const [spoil, other] = [await around(spoiling), { name: 'orders', rows: 'orders', atLeast: 0 }]
    const asked = (given: StepParams) => live.carryOut(kind, params(given), 'shodo-1/ends')
    await assert.rejects(
      asked({ checks: [other], ...spoil }),
      refusedAs('bisect-ended', /still holds at the bad time/),
    )
    assert.equal(await left(), '')
    const never = { name: 'orders', sql: 'select 1', expect: 2 }
    await assert.rejects(
      asked({ checks: [never] }),
      refusedAs('bisect-ended', /does not hold at the good time/),
    )
    assert.equal(await left(), '')
    const missing = { name: 'orders', sql: 'select count(*) from nowhere', expect: 0 }
    await assert.rejects(
      asked({ checks: [missing] }),
      refusedAs('bisect-ended', /could not be run at the good time/),
    )
    assert.equal(await left(), '')
    const quiet = { good: bad, bad: new Date(Date.parse(bad) + 1).toISOString() }
    await assert.rejects(asked(quiet), refusedAs('bisect-ended', /nothing was committed/))
    assert.equal(await left(), '')
    const turned = catalogue[kind].params.safeParse(params({ good: bad, bad: good }))
    assert.equal(turned.success, false)
  })

  it('is a range where the check could not be run in between, and no look there counts as either', async () => {
    const from = await between()
    await live.sql('create table stock (n int)')
    await live.sql('insert into stock values (1)')
    const stocked = await between()
    for (let i = 0; i < 3; i += 1) await live.commit(`stock ${i}`)
    await live.sql('drop table stock')
    for (let i = 0; i < 3; i += 1) await live.commit(`no stock ${i}`)
    await live.sql('create table stock (n int)')
    await live.commit('empty')
    const to = await between()
    const stock = { name: 'stock', sql: 'select count(*) from stock', expect: { atLeast: 1 } }
    const stepRun = 'shodo-1/range'
    const early = live.carryOut(kind, { checks: [stock], good: from, bad: to }, 'shodo-1/early')
    await assert.rejects(early, refusedAs('bisect-ended', /could not be run at the good time/))
    const { done, verified } = await live.carryOut(kind, { checks: [stock], good: stocked, bad: to }, stepRun)
    const { holds, fails, between: range, changed } = afterOf(done)
    assert.deepEqual([holds.commit, fails.commit, range], [3, 8, { unknown: 4, unseen: 0 }])
    assert.deepEqual(changed, [])
    assert.match(done.says.en, /could not be run at 4 of them/)
    assert.equal(verified.ok, true, verified.says.en)
    await discard(stepRun)
  })

  const some = {
    name: 'orders',
    sql: 'select count(*) >= 0 and exists (select from notes) from orders',
    expect: true,
  }
  const emptied = {
    name: 'emptied',
    sql: 'select not (exists (select from spoiled) and not exists (select from orders))',
    expect: true,
  }

  it('is looked for from the newest backup up to now where nobody names a time', async () => {
    await live.sql('truncate orders')
    const stepRun = 'shodo-1/now'
    const { done } = await live.carryOut(kind, { checks: [some, emptied], check: 'emptied' }, stepRun)
    const { changed, holds, fails } = afterOf(done)
    assert.equal(fails.commit, holds.commit + 1)
    assert.deepEqual(changed[0]?.operations, { TRUNCATE: 1 })
    assert.equal(changed[0]?.relation, 'public.orders')
    assert.equal(await ordersOnCopy(), commits)
  })

  it('leaves a copy that can be taken into use as it stands', async () => {
    const { verified } = await live.carryOut(
      'postgres.cut-over',
      { checks: [some, emptied] },
      'shodo-1/cut-over',
    )
    assert.equal(verified.ok, true, verified.says.en)
    const count = () => live.sql('select count(*)::int as n from orders')
    assert.equal((await until(count, 'the new primary'))[0]?.n, commits)
  })
})

function parsed(params: StepParams): StepParams {
  return catalogue[kind].params.parse(params) as StepParams
}
