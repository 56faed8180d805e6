import assert from 'node:assert/strict'
import { said } from '../../../domain/words.ts'
import { until } from '../../../lab/waiting.ts'
import { openCluster, openReplica, type Server } from './cluster.ts'
import { describeWithPostgres } from './programs.ts'
import { codesOf, context, factsOf, handsTo } from './reach.ts'

const tooFar = { lagOver: 30_000, lagOverBytes: 16 * 1024 * 1024 }

describeWithPostgres('replication of PostgreSQL', (programs) => {
  let primary: Server
  let replica: Server
  before(async function () {
    this.timeout(180_000)
    primary = await openCluster(programs)
    replica = await openReplica(programs, primary)
    await primary.sql('create table noise (line text)', [], 'shodo')
    await caughtUp()
  })
  after(async () => {
    await replica?.close()
    await primary?.close()
  })

  const caughtUp = () =>
    until(
      async () => {
        const [at] = await primary.sql('select pg_current_wal_lsn() as lsn')
        return (await replica.sql('select pg_last_wal_replay_lsn() >= $1 as yes', [at.lsn]))[0].yes
      },
      { what: 'the replica to catch up', withinMs: 20_000 },
    )
  const onPrimary = (more = {}) =>
    handsTo(primary.port)['postgres.replication'](
      { connection: 'postgres-primary', replicas: 1, ...tooFar, ...more },
      context(),
    )
  const onReplica = (more = {}) =>
    handsTo(replica.port)['postgres.lag']({ connection: 'postgres-replica', ...tooFar, ...more }, context())

  it('is 0 behind when nothing is written, however long ago the last write was', async () => {
    await caughtUp()
    const lag = await onReplica({ lagOver: 0, lagOverBytes: 0 })
    const facts = factsOf(lag)
    assert.deepEqual([facts.inRecovery, facts.lagBytes, facts.lagAtMostMs, codesOf(lag)], [true, 0, 0, []])
    const [truth] = await replica.sql('select pg_last_wal_receive_lsn()::text as lsn')
    assert.deepEqual([facts.received, facts.replayed], [truth.lsn, truth.lsn])
    const [attached] = factsOf(await onPrimary()).replicas as readonly Record<string, unknown>[]
    assert.deepEqual([attached?.name, attached?.state, attached?.logical], ['replica-0', 'streaming', false])
  })

  it('is found behind, by the primary and by itself, when its replay is paused and writes go on', async () => {
    await replica.sql('select pg_wal_replay_pause()')
    try {
      await primary.sql("insert into noise select repeat('x', 900) from generate_series(1, 500)", [], 'shodo')
      const small = { lagOverBytes: 100_000 }
      const seen = await until(
        async () => {
          const both = { lag: await onReplica(small), replication: await onPrimary(small) }
          return codesOf(both.lag).length + codesOf(both.replication).length === 2 && both
        },
        { what: 'both to see the lag', withinMs: 10_000 },
      )
      assert.deepEqual([codesOf(seen.lag), codesOf(seen.replication)], [['replica-lag'], ['replica-lag']])
      const facts = factsOf(seen.lag)
      assert.ok(Number(facts.lagBytes) > 100_000 && Number(facts.lagAtMostMs) > 0)
      assert.equal(facts.replayPaused, true)
      assert.match(said(seen.lag.text).en, /behind; replay is paused$/)
      assert.deepEqual(codesOf(await onReplica({ lagOver: 0 })), ['replica-lag'], 'time alone is enough')
      assert.deepEqual(codesOf(await onReplica()), [])
    } finally {
      await replica.sql('select pg_wal_replay_resume()')
    }
    await caughtUp()
    assert.equal(factsOf(await onReplica()).lagAtMostMs, 0)
  })

  it('goes on when idle connections are terminated', async () => {
    const idle = await primary.connect('shodo')
    const [sender] = await primary.sql('select pid from pg_stat_replication')
    const params = { connection: 'postgres-primary', olderThan: 0, inTransaction: true, limit: 500 }
    const step = handsTo(primary.port)['postgres.terminate-idle']
    const plan = await step.plan(params, context())
    await step.run(params, plan, context())
    assert.deepEqual(await primary.sql('select pid from pg_stat_replication'), [sender])
    await idle.end()
  })

  it('says that a primary is no replica', async () => {
    const hands = handsTo(primary.port)
    const reading = await hands['postgres.lag']({ connection: 'postgres-replica', ...tooFar }, context())
    assert.deepEqual([factsOf(reading).inRecovery, codesOf(reading)], [false, ['replica-gone']])
    assert.match(said(reading.text).en, /is not a replica/)
  })

  it('says of a standby behind the primary’s name that it is one, and of its sessions too', async () => {
    const there = handsTo(replica.port)
    const name = { connection: 'postgres-primary' }
    const reading = await there['postgres.replication']({ ...name, replicas: 1, ...tooFar }, context())
    assert.deepEqual(codesOf(reading), ['not-primary'])
    assert.match(String(reading.findings[0]?.says.en), /^postgres-primary is a standby: .* accepts no writes/)
    assert.match(said(reading.text).en, /is a standby/)
    const idle = { ...name, olderThan: 0, inTransaction: false, limit: 500 }
    const plan = await there['postgres.terminate-idle'].plan(idle, context())
    assert.match(plan.says.en, /\. postgres-primary is a standby/)
    assert.match(plan.says.ja, /スタンバイ/)
  })

  it('counts the silence of its primary as time behind: of a stream that is open on one side nothing newer is known', async () => {
    await replica.sql("alter system set wal_receiver_timeout = '20s'")
    await replica.sql('select pg_reload_conf()')
    const [{ pid }] = await primary.sql('select pid from pg_stat_replication')
    process.kill(pid, 'SIGSTOP')
    try {
      const seen = await until(
        async () => {
          const lag = await onReplica({ lagOver: 1_000 })
          return codesOf(lag)[0] === 'replica-lag' && lag
        },
        { what: 'the silence to be noticed', withinMs: 18_000, everyMs: 500 },
      )
      assert.match(
        said(seen.text).en,
        /has heard nothing from its primary for 1[2-9]s; as far as it knows it is 0 B and/,
      )
      assert.ok(Number(factsOf(seen).lagAtMostMs) >= 12_000)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await replica.sql('alter system reset wal_receiver_timeout')
    await replica.sql('select pg_reload_conf()')
    await caughtUp()
  })

  it('names an inactive slot, which keeps WAL for somebody who is gone', async () => {
    await primary.sql("select pg_create_physical_replication_slot('old_replica', true)")
    const facts = factsOf(await onPrimary())
    const [slot] = facts.slots as readonly Record<string, unknown>[]
    assert.deepEqual([slot?.name, slot?.active, typeof slot?.retainedBytes], ['old_replica', false, 'number'])
    const gone = await onPrimary({ replicas: 2 })
    assert.deepEqual(codesOf(gone), ['replica-gone'])
    assert.match(said(gone.findings[0]?.evidence[1]).en, /slot old_replica is inactive and keeps \d+ bytes/)
    await primary.sql("select pg_drop_replication_slot('old_replica')")
  })

  it('sees no replica when it is gone, and the replica sees no primary', async () => {
    await replica.stop()
    const reading = await onPrimary()
    assert.deepEqual(codesOf(reading), ['replica-gone'])
    assert.match(String(reading.findings[0]?.says.en), /^0 of 1 replicas stream from postgres-primary/)
    assert.deepEqual(codesOf(await onPrimary({ replicas: 0 })), [])
    await replica.start()
    await primary.stop()
    const lonely = await until(
      async () => {
        const lag = await onReplica()
        return codesOf(lag)[0] === 'replica-gone' && lag
      },
      { what: 'the replica to lose its stream', withinMs: 10_000 },
    )
    assert.match(said(lonely.text).en, /is not streaming from its primary/)
    await primary.start()
  })
})
