/** What the seed's readings of PostgreSQL print, column by column, beside the facts of ours. */

import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { shownQuery } from '../../activities/postgres/query-text.ts'
import { said } from '../../domain/words.ts'
import { breakLab, healLab } from '../../lab/index.ts'
import { context, factsOf } from '../activities/postgres/reach.ts'
import { type DatabasePods, openDatabasePods } from './database-pods.ts'
import { describeWithKubectl, kubectlIn } from './kubectl.ts'
import { inOneMoment } from './one-moment.ts'

const tooFar = { lagOver: 30_000, lagOverBytes: 16_777_216 }

describeWithKubectl('all that the seed reads of PostgreSQL is in the facts', () => {
  let pods: DatabasePods
  before(async function () {
    this.timeout(300_000)
    pods = await openDatabasePods(this)
  })
  beforeEach(() => healLab(pods.lab))
  after(async () => {
    if (pods) await healLab(pods.lab)
  })

  const shodo = (sql: string) => pods.psql(sql, 'postgres-primary-0', '-d', 'shodo')

  it('pg_isready: the same answer, up and down', async () => {
    const argv = ['exec', 'postgres-primary-0', '--', 'pg_isready', '-U', 'shodo']
    const theirs = async () => / - (.*)\n$/.exec((await kubectlIn(pods.lab, 'shodo', ...argv)).stdout)?.[1]
    const ours = () => pods.hands['postgres.ready']({ connection: 'postgres-primary' }, context())
    assert.equal(await theirs(), 'accepting connections')
    assert.equal(said((await ours()).text).en, 'postgres-primary: accepting connections')
    await breakLab(pods.lab, 'pg-down')
    assert.equal(await theirs(), 'no response')
    assert.equal(factsOf(await ours()).answer, 'no-response')
  })

  it('pg_stat_activity: every line of state and wait, background processes too', async () => {
    await breakLab(pods.lab, 'pg-idle-connections')
    type Line = { readonly state: string | null; readonly waitType: string | null; readonly count: number }
    const line = (count: number, state: unknown, wait: unknown) => `${count} ${state} ${wait}`
    const seed =
      'SELECT count(*) as connections, state, wait_event_type FROM pg_stat_activity GROUP BY state, wait_event_type;'
    const { theirs } = await inOneMoment(
      {
        ours: async () => {
          const idle = { connection: 'postgres-primary', idleAfter: 600_000 }
          const { processes } = factsOf(await pods.hands['postgres.connections'](idle, context()))
          return (processes as readonly Line[])
            .map(({ count, state, waitType }) => line(count, state, waitType))
            .sort()
        },
        theirs: async () =>
          (await shodo(seed))
            .map(({ connections, state, wait_event_type: wait }) => line(Number(connections), state, wait))
            .sort(),
      },
      // The exporters ask each second: between two equal looks of ours, theirs can fall into one of their questions.
      ({ ours, theirs }) => isDeepStrictEqual(ours, theirs),
    )
    assert.ok(theirs.includes('200 idle Client') || theirs.some((one) => /^2\d\d idle Client$/.test(one)))
    assert.ok(theirs.some((one) => / null Activity$/.test(one)))
  })

  it('pg_stat_replication: address, state, positions and lags', async () => {
    type Reported = Readonly<Record<string, string | number | null>>
    type Replica = { readonly client: string; readonly state: string; readonly reported: Reported }
    const micros = (lag: unknown) => (lag === null ? null : Math.round(Number(lag) * 1_000))
    const { ours, theirs } = await inOneMoment(
      {
        ours: async () => {
          const asked = { connection: 'postgres-primary', replicas: 1, ...tooFar }
          const { replicas } = factsOf(await pods.hands['postgres.replication'](asked, context()))
          return (replicas as unknown as readonly Replica[]).map(({ client, state, reported }) => ({
            client,
            state,
            at: [reported.sentLsn, reported.writeLsn, reported.flushLsn, reported.replayLsn],
            lags: [reported.writeLagMs, reported.flushLagMs, reported.replayLagMs].map(micros),
          }))
        },
        theirs: async () =>
          (
            await pods.psql(
              'SELECT client_addr, state, sent_lsn, write_lsn, flush_lsn, replay_lsn, write_lag, flush_lag, replay_lag FROM pg_stat_replication;',
            )
          ).map((seen) => ({
            // The lab's replica comes in over the socket, which has no address.
            client: seen.client_addr ?? 'local',
            state: seen.state,
            at: [seen.sent_lsn, seen.write_lsn, seen.flush_lsn, seen.replay_lsn],
            lags: [seen.write_lag, seen.flush_lag, seen.replay_lag].map((lag) =>
              lag ? micros(msIn(lag)) : null,
            ),
          })),
      },
      // PostgreSQL forgets the lags of a replica that has had nothing to do for a while; here they are to be seen.
      ({ theirs: [seen] }) => seen?.lags.every((lag) => lag !== null) === true,
    )
    assert.equal(ours.length, 1)
    assert.deepEqual(ours, theirs)
  })

  it('replication_lag: the time since the newest replayed transaction', async () => {
    const ours = async () => {
      const facts = factsOf(
        await pods.hands['postgres.lag']({ connection: 'postgres-replica', ...tooFar }, context()),
      )
      return Number(facts.sinceReplayMs)
    }
    for (let tries = 0; ; tries++) {
      const before = await ours()
      const [seen] = await pods.psql(
        'SELECT now() - pg_last_xact_replay_timestamp() AS replication_lag;',
        'postgres-replica-0',
      )
      const theirs = msIn(seen?.replication_lag ?? '')
      const after = await ours()
      // It grows until something is replayed, as once a second in the lab: then it begins again, and so do we.
      if (before <= theirs + 1 && theirs <= after + 1) return
      assert.ok(tries < 40, `ours ${before} and ${after} ms, theirs ${theirs} ms`)
    }
  })

  it('pg_stat_statements: query, calls, mean and total time of the ten slowest', async () => {
    // Slower than whatever asks for them: that would count its own calls.
    for (let constants = 0; constants < 12; constants++)
      await pods.lab.databases.primary(`select ${'1, '.repeat(constants)}pg_sleep(0.4)`)
    type Statement = {
      readonly query: string
      readonly calls: number
      readonly meanMs: number
      readonly totalMs: number
    }
    const hundredths = (ms: unknown) => Math.round(Number(ms) * 100) / 100
    const { ours, theirs } = await inOneMoment({
      ours: async () => {
        const asked = { connection: 'postgres-primary', top: 10, runningOver: 10_000 }
        const { byMean } = factsOf(await pods.hands['postgres.slow-queries'](asked, context()))
        return (byMean as unknown as readonly Statement[]).map(({ query, calls, meanMs, totalMs }) => [
          query,
          calls,
          meanMs,
          totalMs,
        ])
      },
      theirs: async () =>
        (
          await shodo(
            'SELECT query, calls, mean_exec_time, total_exec_time FROM pg_stat_statements ORDER BY mean_exec_time DESC LIMIT 10;',
          )
        ).map(({ query, calls, mean_exec_time: mean, total_exec_time: total }) => [
          // Under load a statement of our own may be among them, which is longer than what a fact shows.
          shownQuery(query ?? ''),
          Number(calls),
          hundredths(mean),
          hundredths(total),
        ]),
    })
    assert.equal(theirs.length, 10)
    assert.deepEqual(ours, theirs)
  })
})

/** `1 day 00:00:01.5` as psql prints an interval. */
function msIn(interval: string): number {
  const [, days = 0, hours, minutes, seconds] =
    /^(?:(\d+) days? )?(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(interval) ?? []
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000
}
