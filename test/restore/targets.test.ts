import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { isRefusal } from '../../activities/refusal.ts'
import { describeUnless } from '../lab/skip.ts'
import { nextSecond, noCluster } from './cluster.ts'
import { type Live, openLive } from './live-cluster.ts'

const run = promisify(execFile)

type Ended = { readonly xid: number; readonly micros: bigint }

describeUnless(noCluster, 'the state at a target', function (this: Mocha.Suite) {
  this.timeout(300_000)
  let live: Live
  /** Every transaction in the order of the log, as pg_waldump tells it of the live server's own files. */
  let ended: readonly Ended[] = []
  before(async () => {
    live = await openLive()
    await live.sql(`alter system set wal_keep_size = '256MB'`)
    await live.sql('select pg_reload_conf()')
    await live.sql('alter table notes add column xid bigint default pg_current_xact_id()::text::bigint')
    await live.backup()
    await nextSecond()
    // Two write at the same time; some transactions take long, so that commits come in another order than they began.
    const writing = [1, 2].map(async (who) => {
      for (let i = 0; i < 40; i += 1)
        await live.sql(
          `do $$ begin insert into notes (note) values ('${who}-${i}'); perform pg_sleep(${i % 5 === who ? 0.08 : 0.004}); end $$`,
        )
    })
    await Promise.all(writing)
    await live.backup()
    await nextSecond()
    for (let i = 0; i < 5; i += 1) await live.commit(`after ${i}`)
    ended = await transactions()
  })
  after(() => live?.close())

  const transactions = async (): Promise<readonly Ended[]> => {
    const { settings } = live
    const [at] = await live.sql('select pg_current_wal_flush_lsn()::text as lsn')
    const [first] = await live.sql(
      `select min(name) as name from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'`,
    )
    const [program = '', ...args] = [
      ...settings.as,
      `${settings.postgresFolder}/pg_waldump`,
      '-p',
      `${settings.dataFolder}/pg_wal`,
      '-r',
      'Transaction',
      '-s',
      // Segments of 1 MiB: the last 12 bits of a position's upper half are the number of its segment.
      `0/${String(first?.name).slice(-3)}00000`,
      '-e',
      String(at?.lsn),
    ]
    const { stdout } = await run(program, args, {
      env: { ...process.env, TZ: 'UTC' },
      cwd: '/',
      maxBuffer: 2 ** 26,
    })
    return [...stdout.matchAll(/tx: +(\d+),.* desc: (?:COMMIT|ABORT) (\S+) (\S+) UTC/g)].map(
      ([, xid, day, time = '']) => {
        const [clock = '', fraction = ''] = time.split('.')
        return {
          xid: Number(xid),
          micros: BigInt(Date.parse(`${day}T${clock}Z`)) * 1_000n + BigInt(fraction.padEnd(6, '0')),
        }
      },
    )
  }

  /** The prefix of the log that ends before the first transaction later than the target. */
  const expected = (targetMs: number): ReadonlySet<number> => {
    const end = ended.findIndex(({ micros }) => micros > BigInt(targetMs) * 1_000n)
    return new Set(ended.slice(0, end < 0 ? ended.length : end).map(({ xid }) => xid))
  }

  let restores = 0
  const holdsAt = async (targetMs: number) => {
    restores += 1
    const stepRun = `shodo-6/restore-${restores}`
    const target = new Date(targetMs).toISOString()
    const { verified } = await live.carryOut('postgres.restore', { target }, stepRun)
    assert.equal(verified.ok, true, verified.says.en)
    const rows = await live.onCopy('select xid::int as xid from notes order by xid')
    const all = await live.sql('select xid::int as xid from notes order by xid')
    const wanted = expected(targetMs)
    assert.deepEqual(
      rows.map(({ xid }) => xid),
      all.map(({ xid }) => Number(xid)).filter((xid) => wanted.has(xid)),
      `at ${target}`,
    )
    await live.carryOut('postgres.discard-copy', {}, `${stepRun}-discard`)
    return rows.length
  }

  it('is the log up to the first transaction that is later: ten targets, some by chance', async () => {
    const info = JSON.parse(await live.pgbackrest('--output=json', 'info'))
    const [first, second] = info[0].backup.map(
      (b: { timestamp: { stop: number } }) => b.timestamp.stop * 1_000,
    )
    const own = ended.filter(({ micros }) => micros > BigInt(first + 1_000) * 1_000n)
    const [begin, end] = [Number(own[0]?.micros ?? 0n) / 1_000, Number(own.at(-1)?.micros ?? 0n) / 1_000]
    const busiest = Math.floor(Number(own[Math.floor(own.length / 2)]?.micros ?? 0n) / 1_000)
    const seed = Date.now() % 1_000
    console.log(`      seed ${seed}`)
    const chance = Array.from(
      { length: 5 },
      (_, i) => begin + ((end - begin) * ((seed * 7 + i * 211) % 1_000)) / 1_000,
    )
    const targets = [
      // A commit's own time, cut to the millisecond, and the millisecond behind it.
      busiest,
      busiest + 1,
      // The second in which a backup ended: the one before it leads there.
      second,
      second + 1_000,
      Math.min(end + 60_000, Date.now()),
      ...chance,
    ].map((ms) => Math.max(first + 1_000, Math.floor(ms)))
    const counts: number[] = []
    for (const target of targets) counts.push(await holdsAt(target))
    console.log(`      rows: ${counts.join(' ')}`)
    assert.ok(new Set(counts).size > 3, 'the targets differ')
  })

  it('in the future, before the oldest backup, or of a zone nobody named is refused with what is possible', async () => {
    const plan = (target: string) =>
      live.plan('postgres.restore', { target, zone: 'Asia/Tokyo' }, 'shodo-6/no')
    const refused = (wanted: RegExp) => (error: unknown) => {
      assert.match(String(error), wanted)
      return isRefusal(error, 'restore-refused')
    }
    await assert.rejects(
      plan(new Date(Date.now() + 60_000).toISOString()),
      refused(/in the future; it is .* JST/),
    )
    await assert.rejects(
      plan('2024-01-20T05:30:00.000Z'),
      refused(/before the end of the oldest backup; possible is from .* JST \(.* UTC\) to now/),
    )
    await assert.rejects(async () => plan('2024-01-20 14:30:00'), /ISO|datetime/i)
  })

  it('is restored for one of two people who begin at once', async () => {
    const target = new Date().toISOString()
    const plans = await Promise.all(
      ['shodo-7/restore', 'shodo-8/restore'].map(async (stepRun) => ({
        stepRun,
        plan: await live.plan('postgres.restore', { target }, stepRun),
      })),
    )
    const params = { backups: 'postgres-backups', target, checks: [], zone: 'UTC' }
    const ends = await Promise.allSettled(
      plans.map(({ plan, stepRun }) =>
        live.hand('postgres.restore').run(params, plan, live.context(stepRun)),
      ),
    )
    const lost = ends.filter((end) => end.status === 'rejected')
    assert.equal(lost.length, 1)
    assert.ok(isRefusal(lost[0]?.reason, 'copy-exists'), String(lost[0]?.reason))
    await live.carryOut('postgres.discard-copy', {}, 'shodo-7/discard')
  })
})
