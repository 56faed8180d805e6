import assert from 'node:assert/strict'
import type { Apis, Kubernetes } from '../../../activities/kubernetes/api/client.ts'
import { differenceOf } from '../../../domain/approval/same-plan.ts'
import { catalogue } from '../../../domain/steps/catalogue.ts'
import { memoryBefore } from '../../../domain/steps/redis.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { freePort } from '../free-port.ts'
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

const mib = 1024 ** 2
const kind = catalogue['redis.set-memory']

describeRedis('setting the memory of Redis', () => {
  let server: RedisServer
  before(async () => {
    server = await startRedis()
  })
  after(() => server?.stop())
  beforeEach(async () => {
    await server.redis.flushall()
    await server.redis.config('SET', 'maxmemory', 8 * mib)
    await server.redis.config('SET', 'maxmemory-policy', 'noeviction')
  })
  const hand = () => handsAt(server.port)['redis.set-memory']
  const settings = async () => [
    ...(await server.redis.config('GET', 'maxmemory')),
    ...(await server.redis.config('GET', 'maxmemory-policy')),
  ]
  const params = { connection, maxmemory: 64 * mib, policy: 'allkeys-lru' } as const
  const refused = (work: Promise<unknown>, name: string, says: RegExp) =>
    assert.rejects(work, (error) => {
      assert.equal(carriedBy(error)?.name, name)
      assert.match(String((error as Error).message), says)
      return true
    })

  it('goes no other way than it is told: more than 2 MiB are not lowered to them', async () => {
    const up = { connection, maxmemory: 2 * mib, only: 'up' } as const
    const plan = await hand().plan(up, contextOf())
    assert.equal(plan.nothingToDo, true)
    assert.equal(plan.says.en, 'redis-master already has 8 MiB with noeviction')
    await server.redis.config('SET', 'maxmemory', 0)
    const unlimited = await hand().plan({ ...up, maxmemory: 64 * mib }, contextOf())
    assert.equal(unlimited.nothingToDo, true, 'no limit is more than any')
  })

  it('is planned in the words that people approved while more is used, and in its own where they lie', async () => {
    await fillUp(server.redis)
    const less = { connection, maxmemory: 2 * mib, policy: 'allkeys-lru' } as const
    const approved = await hand().plan(less, contextOf())
    assert.match(approved.says.en, /keys are evicted at once, for good/)
    await server.redis.config('SET', 'maxmemory', 0)
    await server.redis.set('more', 'x'.repeat(mib))
    await server.redis.config('SET', 'maxmemory', 8 * mib)
    const own = await hand().plan(less, contextOf())
    assert.ok(differenceOf(approved, own), 'more is used by now')
    assert.equal(differenceOf(approved, await hand().plan(less, contextOf(), approved)), undefined)
    const lie = {
      ...approved,
      says: { ...approved.says, en: approved.says.en.replace(/; .*/, '') },
      change: { ...(approved.change as object), evicts: false },
    }
    assert.ok(differenceOf(lie, await hand().plan(less, contextOf(), lie)))
    assert.equal(await hand().isDone?.(less, approved, contextOf()), false)
    await hand().run(less, approved, contextOf())
    assert.equal(await hand().isDone?.(less, approved, contextOf()), true)
  })

  it('makes writes work again without a flush, and its undo brings the old settings back', async () => {
    await fillUp(server.redis)
    const keys = await server.redis.dbsize()
    const plan = await hand().plan(params, contextOf())
    assert.equal(
      plan.says.en,
      'Set the memory limit of redis-master from 8 MiB with noeviction to 64 MiB with allkeys-lru, until its next restart',
    )
    assert.deepEqual(memoryBefore.parse(plan.before), { maxmemory: 8 * mib, policy: 'noeviction' })
    assert.deepEqual(await settings(), ['maxmemory', `${8 * mib}`, 'maxmemory-policy', 'noeviction'])
    assert.equal(kind.riskOf?.(plan), 'reversible')
    const done = await hand().run(params, plan, contextOf())
    assert.match(done.says.en, /a restart reverts it/)
    const verified = await hand().verify(params, plan, done, contextOf())
    assert.equal(verified.ok, true, verified.says.en)
    assert.equal(await server.redis.dbsize(), keys, 'nothing was deleted, nothing of ours is left')
    assert.equal(await server.redis.set('again', 'x'.repeat(100_000)), 'OK')

    const undo = kind.undo(params, plan)
    assert.ok('kind' in undo)
    const back = kind.params.parse(undo.with)
    await refused(hand().plan(back, contextOf('back')), 'precondition-failed', /every write would be refused/)
    await server.redis.del('fill:100000:0', 'fill:100000:1', 'fill:100000:2')
    const backPlan = await hand().plan(back, contextOf('back'))
    await hand().run(back, backPlan, contextOf('back'))
    assert.deepEqual(await settings(), ['maxmemory', `${8 * mib}`, 'maxmemory-policy', 'noeviction'])
  })

  it('is done once when it is run twice, and has nothing to do afterwards', async () => {
    const plan = await hand().plan(params, contextOf())
    assert.equal((await hand().run(params, plan, contextOf())).already, false)
    assert.equal((await hand().run(params, plan, contextOf())).already, true)
    assert.equal((await hand().plan(params, contextOf())).nothingToDo, true)
  })

  it('refuses when somebody chose other values since the plan', async () => {
    const plan = await hand().plan(params, contextOf())
    await server.redis.config('SET', 'maxmemory', 32 * mib)
    await refused(
      hand().run(params, plan, contextOf()),
      'target-changed',
      /32 MiB with noeviction, not 8 MiB/,
    )
    assert.equal((await settings())[1], `${32 * mib}`)
  })

  it('changes and undoes only the setting that it was asked for', async () => {
    const only = { connection, policy: 'volatile-ttl' } as const
    const plan = await hand().plan(only, contextOf())
    await hand().run(only, plan, contextOf())
    assert.deepEqual(await settings(), ['maxmemory', `${8 * mib}`, 'maxmemory-policy', 'volatile-ttl'])
    assert.deepEqual(kind.undo(only, plan), {
      kind: 'redis.set-memory',
      with: { connection, policy: 'noeviction' },
    })
  })

  it('is destructive where keys would be evicted at once, and says so', async () => {
    await fillUp(server.redis)
    const less = { connection, maxmemory: 4 * mib, policy: 'allkeys-lru' } as const
    const plan = await hand().plan(less, contextOf())
    assert.equal(kind.riskOf?.(plan), 'destructive')
    assert.match(plan.says.en, /evicted at once, for good/)
    assert.match(plan.says.ja, /元に戻せません/)
    await refused(
      hand().plan({ connection, maxmemory: 4 * mib }, contextOf()),
      'precondition-failed',
      /more than 4 MiB/,
    )
  })

  it('refuses to evict keys where the plan knew of none', async () => {
    const less = { connection, maxmemory: 6 * mib, policy: 'allkeys-lru' } as const
    const plan = await hand().plan(less, contextOf())
    assert.equal(kind.riskOf?.(plan), 'reversible')
    await fillUp(server.redis)
    const keys = await server.redis.dbsize()
    await refused(hand().run(less, plan, contextOf()), 'target-changed', /evicted at once/)
    assert.equal(await server.redis.dbsize(), keys)
  })

  it('is not verified while writes are still refused', async () => {
    const wanted = { connection, maxmemory: 8 * mib }
    const plan = await hand().plan(wanted, contextOf())
    await fillUp(server.redis)
    const done = { says: plan.says, already: true, after: {} }
    const verified = await hand().verify(wanted, plan, done, contextOf())
    assert.equal(verified.ok, false)
    assert.match(verified.says.en, /refuses writes: OOM/)
  })

  it('is destructive where it is nearly full and the policy would evict: the next writes take keys', async () => {
    await server.redis.set('cache', 'x'.repeat(2 * mib))
    const [, used = ''] = /used_memory:(\d+)/.exec(await server.redis.info('memory')) ?? []
    await server.redis.config('SET', 'maxmemory', Math.ceil(Number(used) / 0.97))
    const evicting = { connection, policy: 'allkeys-lru' } as const
    const plan = await hand().plan(evicting, contextOf())
    assert.equal(kind.riskOf?.(plan), 'destructive')
    assert.match(plan.says.en, /keys are evicted with the next writes, for good/)
    assert.match(plan.says.ja, /次の書き込みからキーが削除され/)
  })

  it('only goes up where it is told so, and sends no more than is missing', async () => {
    const up = { connection, maxmemory: 4 * mib, only: 'up' } as const
    assert.equal((await hand().plan(up, contextOf())).nothingToDo, true)
    const both = { ...up, policy: 'allkeys-lru' } as const
    const plan = await hand().plan(both, contextOf())
    assert.equal(plan.nothingToDo, false)
    await hand().run(both, plan, contextOf())
    assert.deepEqual(await settings(), ['maxmemory', `${8 * mib}`, 'maxmemory-policy', 'allkeys-lru'])
    await server.redis.config('SET', 'maxmemory', 0)
    assert.equal((await hand().plan(up, contextOf())).nothingToDo, true, 'no limit is more than any')
  })

  it('is not planned where CONFIG is not to be had, or not for this user', async () => {
    const managed = await startRedis({ args: ['--rename-command', 'CONFIG', ''] })
    try {
      const there = handsAt(managed.port)['redis.set-memory']
      await refused(there.plan(params, contextOf()), 'command-missing', /CONFIG SET.*unknown command/i)
    } finally {
      await managed.stop()
    }
    const own = async (rights: string) => {
      await server.redis.call('ACL', 'SETUSER', 'app', 'reset', 'on', `>${password}`, ...rights.split(' '))
      return handsAt(server.port, { user: 'app' })['redis.set-memory'].plan(params, contextOf())
    }
    await refused(own('~hikeshi:* +info +set +del'), 'command-missing', /CONFIG SET.*NOPERM/)
    await refused(own('~hikeshi:* +info +config|set +del'), 'command-missing', /SET.*NOPERM/)
    await refused(own('~other:* +info +config|set +set +del'), 'command-missing', /SET.*NOPERM/)
    assert.deepEqual(await settings(), ['maxmemory', `${8 * mib}`, 'maxmemory-policy', 'noeviction'])
    assert.equal(await server.redis.dbsize(), 0, 'the rehearsal leaves nothing')
  })

  it('warns of a limit that the machine or the container has no memory for', async () => {
    const huge = { connection, maxmemory: 2 ** 50 }
    const plan = await hand().plan(huge, contextOf())
    assert.match(
      plan.says.en,
      /\. Its machine has \d+[\d.]* [GT]iB in total: the limit no longer protects it$/,
    )
    const pod = {
      spec: { containers: [{ name: 'redis', resources: { limits: { memory: '512Mi' } } }] },
      status: { podIP: '127.0.0.1' },
    }
    const listing = async ({ fieldSelector }: { fieldSelector: string }) => ({
      metadata: {},
      items: fieldSelector === 'status.podIP=127.0.0.1' ? [pod] : [],
    })
    const kubernetes: Kubernetes = {
      cluster: 'beside',
      load: async () => {},
      call: async ({ ask }) =>
        (await ask({ core: { listNamespacedPod: listing } } as unknown as Apis, {})) as never,
      exec: async () => assert.fail('no program is run'),
      portForward: async () => assert.fail('no port is asked for'),
      stream: async () => assert.fail('no log is read'),
    }
    const there = handsAt(server.port, {}, kubernetes)['redis.set-memory']
    const over = await there.plan({ connection, maxmemory: 2048 * mib }, contextOf())
    assert.match(over.says.en, /Its container may use 512 MiB: Kubernetes would kill it/)
    assert.match(over.says.ja, /コンテナーの上限は 512 MiB/)
    const under = await there.plan({ connection, maxmemory: 256 * mib }, contextOf())
    assert.doesNotMatch(under.says.en, /container/)
  })

  it('works on a replica too, where no write is tried', async () => {
    const replica = await startRedis({ port: await freePort() })
    try {
      await replica.redis.replicaof('127.0.0.1', server.port)
      const there = handsAt(replica.port)['redis.set-memory']
      const plan = await there.plan(params, contextOf())
      const done = await there.run(params, plan, contextOf())
      const verified = await there.verify(params, plan, done, contextOf())
      assert.equal(verified.ok, true)
      assert.match(verified.says.en, /no write was tried/)
    } finally {
      await replica.stop()
    }
  })
})

describe('an amount of memory', () => {
  it('is read as Redis reads it, and twice gives the same', () => {
    const read = (maxmemory: unknown) => kind.params.safeParse({ maxmemory }).data?.maxmemory
    assert.deepEqual(['512mb', '2gb', '100', '1k', '2GB', 0].map(read), [
      512 * mib,
      2048 * mib,
      100,
      1_000,
      2048 * mib,
      0,
    ])
    assert.equal(read(read('512mb')), 512 * mib)
    for (const wrong of ['512 mb', '-1', '1.5gb', 'much', -1]) assert.equal(read(wrong), undefined)
    assert.equal(kind.params.safeParse({}).success, false)
  })
})
