import assert from 'node:assert/strict'
import { figure, parseInfo } from '../../../activities/redis/info.ts'
import { said } from '../../../domain/words.ts'
import {
  connection,
  contextOf,
  describeRedis,
  fillUp,
  handsAt,
  type RedisServer,
  startRedis,
} from './server.ts'

const mib = 1024 ** 2

describeRedis('the memory of Redis', () => {
  let server: RedisServer
  before(async () => {
    server = await startRedis()
  })
  after(() => server?.stop())
  const read = () => handsAt(server.port)['redis.memory']({ connection }, contextOf())

  it('gives the figures of INFO', async () => {
    await server.redis.config('SET', 'maxmemory', 512 * mib)
    const info = parseInfo(await server.redis.info())
    const { facts, findings, text } = await read()
    const seen = facts as Record<string, unknown>
    assert.deepEqual(findings, [])
    for (const [fact, name] of [
      ['maxBytes', 'maxmemory'],
      ['evictedKeys', 'evicted_keys'],
      ['rejectedConnections', 'rejected_connections'],
      ['maxClients', 'maxclients'],
      ['connectedReplicas', 'connected_slaves'],
    ] as const)
      assert.equal(seen[fact], figure(info, name), fact)
    // A connection takes some memory itself.
    assert.ok(Math.abs(Number(seen.usedBytes) - Number(info.get('used_memory'))) < mib)
    assert.ok(Number(seen.rssBytes) > 0 && Number(seen.peakBytes) > 0)
    assert.deepEqual(
      [seen.policy, seen.role, seen.connectedClients, seen.appendOnly, seen.lastSave],
      ['noeviction', 'master', 2, false, null],
    )
    assert.match(said(text).en, /^maxmemory_policy:noeviction$/m)
  })

  it('has no share without a limit', async () => {
    await server.redis.config('SET', 'maxmemory', 0)
    const { facts, findings } = await read()
    assert.equal((facts as { usedPercent: unknown }).usedPercent, null)
    assert.deepEqual(findings, [])
  })

  it('finds a full Redis whose writes are refused, and only much use where keys are evicted', async () => {
    await server.redis.config('SET', 'maxmemory', 8 * mib)
    await fillUp(server.redis)
    const { findings } = await read()
    assert.deepEqual(
      findings.map(({ code, subject }) => [code, subject]),
      [['redis-full', 'redis/redis-master']],
    )
    assert.match(findings[0]?.says.en ?? '', /writes refused since it started: 3$/)

    await server.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await server.redis.config('RESETSTAT')
    assert.deepEqual(
      (await read()).findings.map(({ code }) => code),
      ['redis-memory-high'],
    )
    await server.redis.flushall()
    assert.deepEqual((await read()).findings, [])
  })
})

describeRedis('the biggest keys of Redis', () => {
  let server: RedisServer
  before(async () => {
    server = await startRedis()
    const { redis } = server
    const batch = redis.pipeline()
    for (let i = 0; i < 20_000; i++) batch.set(`session:${i}`, `${i}`)
    batch.set('cache:\u001b[31mhuge', 'x'.repeat(3 * mib))
    batch.rpush('queue:mails', ...Array.from({ length: 5_000 }, (_, i) => `mail ${i}`.repeat(20)))
    batch.set(Buffer.from([0xff, 0x00, 0x41]), 'x'.repeat(200_000))
    batch.set(`long:${'k'.repeat(500)}`, 'x'.repeat(100_000))
    await batch.exec()
    await redis.select(3)
    await redis.set('elsewhere', 'x'.repeat(4 * mib))
  })
  after(() => server?.stop())

  type Facts = {
    readonly keys: number
    readonly seen: number
    readonly complete: boolean
    readonly biggest: readonly { readonly key: string; readonly type: string; readonly bytes: number }[]
  }
  const read = async (bounds: { keys?: number; within?: number; top?: number } = {}) => {
    const params = { connection, keys: 100_000, within: 10_000, top: 4, ...bounds }
    const { facts, text } = await handsAt(server.port)['redis.biggest-keys'](params, contextOf())
    return { facts: facts as unknown as Facts, text: text ?? '' }
  }

  it('finds the biggest of 20,000, with plain and short names', async () => {
    const { facts, text } = await read()
    assert.deepEqual([facts.keys, facts.seen, facts.complete], [20_004, 20_004, true])
    assert.deepEqual(
      facts.biggest.map(({ key, type }) => [key.slice(0, 11), type]),
      [
        ['cache:huge', 'string'],
        ['queue:mails', 'list'],
        ['\ufffdA', 'string'],
        ['long:kkkkkk', 'string'],
      ],
    )
    assert.ok((facts.biggest[0]?.bytes ?? 0) >= 3 * mib)
    assert.equal([...(facts.biggest[3]?.key ?? '')].length, 120)
    assert.match(said(text).en, /^all 20004 keys of database 0/)
    assert.doesNotMatch(said(text).en, /\u001b/)
  })

  it('stops at its bounds, and says how much it saw', async () => {
    const byKeys = await read({ keys: 5_000 })
    assert.deepEqual([byKeys.facts.seen, byKeys.facts.complete], [5_000, false])
    assert.match(said(byKeys.text).en, /^5000 of about 20004 keys/)
    const byTime = await read({ within: 0 })
    assert.equal(byTime.facts.complete, false)
    assert.ok(byTime.facts.seen >= 1_000 && byTime.facts.seen < 3_000, String(byTime.facts.seen))
  })
})
