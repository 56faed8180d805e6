import assert from 'node:assert/strict'
import { failureIn } from '../../../activities/refusal.ts'
import { catalogue } from '../../../domain/steps/catalogue.ts'
import { connection, contextOf, describeRedis, handsAt, type RedisServer, startRedis } from './server.ts'

const params = { connection }

describeRedis('flushing a database of Redis', () => {
  let server: RedisServer
  before(async () => {
    server = await startRedis()
  })
  after(() => server?.stop())
  beforeEach(async () => {
    await server.redis.flushall()
    await server.redis.select(0)
    await server.redis.mset('stays', '1', 'here', '2', 'too', '3')
    await server.redis.select(2)
    await server.redis.mset(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`cache:${i}`, 'x'])))
  })
  const hand = (database = 2) => handsAt(server.port, { database })['redis.flushdb']
  const refused = (work: Promise<unknown>, name: string, says: RegExp) =>
    assert.rejects(work, (error) => {
      assert.equal(failureIn(error)?.name, name)
      assert.match(String((error as Error).message), says)
      return true
    })

  it('shows its cost before, empties just its own database, and cannot be undone', async () => {
    const plan = await hand().plan(params, contextOf())
    assert.equal(plan.target, 'redis/redis-master/2')
    assert.match(
      plan.says.en,
      /^Delete all 500 keys of database 2 of redis-master \(its server uses .* MiB; /,
    )
    assert.match(
      plan.says.en,
      /other databases keep 3 keys; snapshots off, append-only file off, last saved never/,
    )
    assert.match(plan.says.ja, /キー 500 個をすべて削除/)
    assert.deepEqual(plan.pods, { ready: 0, notReady: 0, ofReady: 0 })
    assert.equal(await server.redis.dbsize(), 500, 'planning changes nothing')

    const done = await hand().run(params, plan, contextOf())
    assert.deepEqual([done.already, done.after], [false, { database: 2, keysLeft: 0, keysDeleted: 500 }])
    const verified = await hand().verify(params, plan, done, contextOf())
    assert.equal(verified.ok, true, verified.says.en)
    const left = await server.redis.keys('*')
    assert.deepEqual([left.length, left[0]?.startsWith('hikeshi:flushed:')], [1, true])
    const ttl = await server.redis.ttl(left[0] ?? '')
    assert.ok(ttl > 80_000 && ttl <= 86_400, String(ttl))
    await server.redis.select(0)
    assert.equal(await server.redis.dbsize(), 3, 'other databases keep theirs')
    assert.ok('irreversible' in catalogue['redis.flushdb'].undo(params, plan))
  })

  it('leaves what was written since alone when a retry finds its own work', async () => {
    const plan = await hand().plan(params, contextOf())
    await hand().run(params, plan, contextOf())
    await server.redis.mset('new:1', 'a', 'new:2', 'b')
    const again = await hand().run(params, plan, contextOf())
    assert.equal(again.already, true)
    assert.equal(await server.redis.get('new:1'), 'a')
    const verified = await hand().verify(params, plan, again, contextOf())
    assert.equal(verified.ok, true)
    assert.equal((verified.facts as { keysWrittenSince: number }).keysWrittenSince, 2)
  })

  it('flushes once when two attempts come at the same moment', async () => {
    const plan = await hand().plan(params, contextOf())
    const done = await Promise.all([1, 2, 3].map(() => hand().run(params, plan, contextOf())))
    assert.deepEqual(done.map(({ already }) => already).sort(), [false, true, true])
  })

  it('flushes again when it is planned again', async () => {
    for (const nowMs of [1_000, 2_000]) {
      const plan = await hand().plan(params, contextOf('flush', nowMs))
      assert.equal((await hand().run(params, plan, contextOf('flush', nowMs))).already, false)
      await server.redis.set('new', '1')
    }
  })

  it('is not verified where its sign is gone', async () => {
    const plan = await hand().plan(params, contextOf())
    const done = await hand().run(params, plan, contextOf())
    await server.redis.flushdb()
    assert.equal((await hand().verify(params, plan, done, contextOf())).ok, false)
  })

  it('has nothing to do in an empty database', async () => {
    assert.equal((await hand(5).plan(params, contextOf())).nothingToDo, true)
  })

  it('refuses where the connection names another database since', async () => {
    const plan = await hand().plan(params, contextOf())
    await refused(hand(0).run(params, plan, contextOf()), 'target-changed', /names database 0, not 2/)
    await server.redis.select(0)
    assert.equal(await server.redis.dbsize(), 3)
  })

  it('never falls back to another database where its own does not exist', async () => {
    await refused(hand(99).plan(params, contextOf()), 'database-refused', /DB index is out of range/)
  })
})

describeRedis('flushing a Redis that is not the planned one', () => {
  it('refuses a server that was restarted since', async () => {
    const first = await startRedis()
    await first.redis.set('cache', '1')
    const plan = await handsAt(first.port)['redis.flushdb'].plan(params, contextOf())
    await first.stop()
    const second = await startRedis({ port: first.port })
    try {
      await second.redis.set('cache', '2')
      await assert.rejects(handsAt(second.port)['redis.flushdb'].run(params, plan, contextOf()), (error) => {
        assert.equal(failureIn(error)?.name, 'target-changed')
        assert.match(String(failureIn(error)?.params.difference), /restarted/)
        return true
      })
      assert.equal(await second.redis.get('cache'), '2')
    } finally {
      await second.stop()
    }
  })

  it('says READONLY where the planned one became a replica since, and plans none for a replica', async () => {
    const server = await startRedis()
    try {
      const hand = handsAt(server.port)['redis.flushdb']
      await server.redis.set('cache', '1')
      const plan = await hand.plan(params, contextOf())
      // Nobody answers at that address: it keeps its keys and takes no writes.
      await server.redis.replicaof('127.0.0.1', 1)
      await assert.rejects(hand.run(params, plan, contextOf()), (error) => {
        assert.equal(failureIn(error)?.code, 'HK410')
        assert.match(String(failureIn(error)?.params.reason), /^READONLY/)
        return true
      })
      assert.equal(await server.redis.dbsize(), 1)
      await assert.rejects(hand.plan(params, contextOf()), (error) => {
        assert.match(
          String(failureIn(error)?.params.reason),
          /it is a replica; flush its primary 127.0.0.1:1/,
        )
        return true
      })
    } finally {
      await server.stop()
    }
  })

  it('is not planned where FLUSHDB is switched off', async () => {
    const server = await startRedis({ args: ['--rename-command', 'FLUSHDB', ''] })
    try {
      await assert.rejects(handsAt(server.port)['redis.flushdb'].plan(params, contextOf()), (error) => {
        assert.match(String(failureIn(error)?.params.reason), /switched off/)
        return true
      })
    } finally {
      await server.stop()
    }
  })
})
