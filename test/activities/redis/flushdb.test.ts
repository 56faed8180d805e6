import assert from 'node:assert/strict'
import { aclFor } from '../../../client/rights/databases.ts'
import { differenceOf } from '../../../domain/approval/same-plan.ts'
import { catalogue } from '../../../domain/steps/catalogue.ts'
import type { Plan } from '../../../domain/steps/contract.ts'
import { said } from '../../../domain/words.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { freePort } from '../free-port.ts'
import { openRelay } from '../relay.ts'
import {
  connection,
  contextOf,
  describeRedis,
  fillUp,
  handsAt,
  password,
  type RedisServer,
  startRedis,
} from './server.ts'

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
      assert.equal(carriedBy(error)?.name, name)
      assert.match(String((error as Error).message), says)
      return true
    })

  it('shows its cost before, empties just its own database, and cannot be undone', async () => {
    const plan = await hand().plan(params, contextOf())
    assert.equal(plan.target, 'redis/redis-master/2')
    assert.match(
      plan.says.en,
      /^Delete all 500 keys in database 2 of redis-master \(its server uses .* MiB; /,
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

  it('is planned in the words that people approved while its figures move by themselves, and in its own where they lie', async () => {
    const approved = await hand().plan(params, contextOf('flush', 1_000))
    const anew = (told: Plan) => hand().plan(params, contextOf('flush', 2_000), told)
    await server.redis.mset(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`new:${i}`, 'x'])))
    assert.equal(differenceOf(approved, await anew(approved)), undefined)
    const three = 'Delete all 3 keys in database 2 of redis-master'
    const says = { ...approved.says, en: approved.says.en.replace(/^Delete all 500 keys.*?master/, three) }
    const lies: readonly Plan[] = [
      { ...approved, says },
      { ...approved, says, before: { ...(approved.before as object), keys: 3 } },
      { ...approved, change: { ...(approved.change as object), database: 0 } },
    ]
    for (const lie of lies) assert.ok(differenceOf(lie, await anew(lie)), JSON.stringify(lie))

    const isDone = () => hand().isDone?.(params, approved, contextOf('flush', 2_000))
    assert.equal(await isDone(), false)
    await hand().run(params, approved, contextOf('flush', 2_000))
    assert.equal(await isDone(), true, 'nobody plans it again')
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
        assert.equal(carriedBy(error)?.name, 'target-changed')
        assert.match(said(carriedBy(error)?.params.difference).en, /restarted/)
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
        assert.equal(carriedBy(error)?.code, 'HK410')
        assert.match(said(carriedBy(error)?.params.reason).en, /^READONLY/)
        return true
      })
      assert.equal(await server.redis.dbsize(), 1)
      await assert.rejects(hand.plan(params, contextOf()), (error) => {
        assert.match(
          said(carriedBy(error)?.params.reason).en,
          /it is a replica; flush its primary 127.0.0.1:1/,
        )
        return true
      })
    } finally {
      await server.stop()
    }
  })

  it('is not planned where FLUSHDB is switched off, or a right of the whole way is missing', async () => {
    const server = await startRedis({ args: ['--rename-command', 'FLUSHDB', ''] })
    try {
      await assert.rejects(handsAt(server.port)['redis.flushdb'].plan(params, contextOf()), (error) => {
        assert.equal(carriedBy(error)?.name, 'command-missing')
        assert.match(said(carriedBy(error)?.params.reason).en, /unknown command/)
        return true
      })
    } finally {
      await server.stop()
    }
    const own = await startRedis()
    try {
      await own.redis.set('cache', '1')
      const whole = '+info +dbsize +flushdb +watch +multi +exec +get +set +exists'.split(' ')
      for (const right of whole.slice(2)) {
        const rights = ['~hikeshi:*', ...whole.filter((one) => one !== right)]
        await own.redis.call('ACL', 'SETUSER', 'app', 'reset', 'on', `>${password}`, ...rights)
        const plan = handsAt(own.port, { user: 'app' })['redis.flushdb'].plan(params, contextOf())
        await assert.rejects(plan, (error) => carriedBy(error)?.name === 'command-missing', right)
      }
      assert.deepEqual(await own.redis.keys('*'), ['cache'], 'the rehearsal leaves nothing and takes nothing')
    } finally {
      await own.stop()
    }
  })

  it('works on a server that is over its limit and takes no transaction, once and not twice', async () => {
    const server = await startRedis()
    try {
      for (let i = 0; i < 30; i++) await server.redis.set(`cache:${i}`, 'x'.repeat(100_000))
      await server.redis.config('SET', 'maxmemory', 1_000_000)
      // With the rules that the kind declares, and no other: a script obeys them as well.
      const rules = aclFor(['redis.flushdb'], false).split(' ').slice(6)
      await server.redis.call('ACL', 'SETUSER', 'flusher', 'reset', 'on', `>${password}`, ...rules)
      const hand = handsAt(server.port, { user: 'flusher' })['redis.flushdb']
      const plan = await hand.plan(params, contextOf())
      const done = await hand.run(params, plan, contextOf())
      assert.deepEqual([done.already, done.after], [false, { database: 0, keysLeft: 0, keysDeleted: 30 }])
      await server.redis.config('SET', 'maxmemory', 0)
      await server.redis.set('since', 'kept')
      assert.equal((await hand.run(params, plan, contextOf())).already, true)
      assert.equal((await hand.verify(params, plan, done, contextOf())).ok, true)
      assert.equal(await server.redis.get('since'), 'kept')
    } finally {
      await server.stop()
    }
  })

  it('keeps its sign where keys with an end are evicted first', async () => {
    const server = await startRedis()
    try {
      await server.redis.config('SET', 'maxmemory-policy', 'volatile-lru')
      await server.redis.set('cache', '1')
      const hand = handsAt(server.port)['redis.flushdb']
      const plan = await hand.plan(params, contextOf())
      const done = await hand.run(params, plan, contextOf())
      // Much is written since, without an end: only the sign could go.
      await server.redis.config('SET', 'maxmemory', 3_000_000)
      await fillUp(server.redis)
      assert.equal((await hand.run(params, plan, contextOf())).already, true)
      assert.equal((await hand.verify(params, plan, done, contextOf())).ok, true)
    } finally {
      await server.stop()
    }
  })

  it('is not even tried where MULTI is refused: the commands that follow would be carried out', async () => {
    const server = await startRedis()
    const sent: string[] = []
    const proxy = await openRelay(server.port, {
      asked: (chunk, answer) => {
        const words = chunk.toString('latin1')
        sent.push(words)
        if (!/\r\nmulti\r\n/i.test(words)) return chunk
        answer('-ERR not now\r\n')
        return undefined
      },
    })
    try {
      await server.redis.set('cache', '1')
      await assert.rejects(handsAt(proxy.port)['redis.flushdb'].plan(params, contextOf()), (error) => {
        assert.equal(carriedBy(error)?.name, 'database-refused')
        return true
      })
      assert.equal(await server.redis.get('cache'), '1')
      assert.ok(sent.some((words) => /multi/i.test(words)))
      assert.ok(!sent.some((words) => /flushdb/i.test(words)))
    } finally {
      proxy.close()
      await server.stop()
    }
  })

  it('is not planned for a server that does not tell who it is', async () => {
    const server = await startRedis()
    const nameless = await openRelay(server.port, {
      answered: (words) =>
        Buffer.from(
          words.toString('latin1').replace(/run_id:\w+/, (id) => 'x'.repeat(id.length)),
          'latin1',
        ),
    })
    try {
      await server.redis.set('cache', '1')
      await assert.rejects(handsAt(nameless.port)['redis.flushdb'].plan(params, contextOf()), (error) => {
        assert.equal(carriedBy(error)?.name, 'identity-missing')
        return true
      })
    } finally {
      nameless.close()
      await server.stop()
    }
  })
})

describeRedis('one node of a Redis Cluster', () => {
  let server: RedisServer
  let other: RedisServer
  before(async () => {
    const start = async () => {
      const bus = await freePort()
      return {
        bus,
        node: await startRedis({ args: ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`] }),
      }
    }
    const [one, two] = [await start(), await start()]
    server = one.node
    other = two.node
    await server.redis.call('CLUSTER', 'ADDSLOTSRANGE', '0', '8191')
    await other.redis.call('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383')
    await server.redis.call('CLUSTER', 'MEET', '127.0.0.1', `${other.port}`, `${two.bus}`)
    await until(
      async () =>
        /cluster_state:ok[\s\S]*cluster_size:2/.test(String(await server.redis.call('CLUSTER', 'INFO'))),
      { what: 'the two to be a cluster', withinMs: 20_000 },
    )
  })
  after(async () => {
    await server?.stop()
    await other?.stop()
  })

  it('is not emptied: that would be a part of the keys', async () => {
    await assert.rejects(handsAt(server.port)['redis.flushdb'].plan(params, contextOf()), (error) => {
      assert.equal(carriedBy(error)?.name, 'cluster-node')
      return true
    })
  })

  it('has its memory set as one of several; a write that belongs to another node is no refused one', async () => {
    const hand = handsAt(server.port)['redis.set-memory']
    const memory = { connection, maxmemory: 50_000_000 }
    // Each run checks by a key of its own name: in one of the two halves.
    for (let i = 0; i < 8; i++) {
      const context = contextOf(`memory-${i}`)
      const plan = await hand.plan({ ...memory, maxmemory: memory.maxmemory + i }, context)
      assert.match(plan.says.en, /It is one of 2 shards of a Redis Cluster: the other nodes do not change/)
      const wanted = { ...memory, maxmemory: memory.maxmemory + i }
      const done = await hand.run(wanted, plan, context)
      const verified = await hand.verify(wanted, plan, done, context)
      assert.equal(verified.ok, true, verified.says.en)
    }
  })

  it('is said to be one, where keys and memory are read', async () => {
    const hands = handsAt(server.port)
    const keys = await hands['redis.biggest-keys'](
      { connection, keys: 10, within: 1_000, top: 1 },
      contextOf(),
    )
    assert.match(
      said(keys.text).en,
      /^all 0 keys of database 0 were scanned, of one of 2 shards of a Redis Cluster/,
    )
    const memory = await hands['redis.memory']({ connection }, contextOf())
    assert.match(said(memory.text).en, /^one of 2 shards of a Redis Cluster\n/)
  })
})
