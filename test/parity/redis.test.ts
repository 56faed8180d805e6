/** What the seed's readings of Redis print, figure by figure, beside the facts of ours. */
import assert from 'node:assert/strict'
import { healLab } from '../../lab/index.ts'
import { context, factsOf } from '../activities/postgres/reach.ts'
import { type DatabasePods, openDatabasePods } from './database-pods.ts'
import { describeWithKubectl } from './kubectl.ts'
import { assertNear } from './one-moment.ts'

const connection = 'redis-master'

describeWithKubectl('all that the seed reads of Redis is in the facts', () => {
  let pods: DatabasePods
  before(async function () {
    this.timeout(300_000)
    pods = await openDatabasePods(this)
    await healLab(pods.lab)
  })
  after(async () => {
    if (pods) await healLab(pods.lab)
  })

  const seed = (...words: readonly string[]) => pods.seed('redis-master-0', 'redis-cli', ...words)

  it('INFO memory: every figure, by its own name', async () => {
    await pods.lab.databases.redis((redis) => redis.config('SET', 'maxmemory', '64mb'))
    const { memory } = factsOf(await pods.hands['redis.memory']({ connection }, context())) as {
      memory: Readonly<Record<string, number | string>>
    }
    const theirs = (await seed('INFO', 'memory'))
      .split(/\r?\n/)
      .flatMap((line) => (line.includes(':') ? [line.split(':', 2) as [string, string]] : []))
    assert.ok(theirs.length > 40, `${theirs.length} figures`)
    assert.deepEqual(
      Object.keys(memory),
      theirs.map(([name]) => name),
    )
    for (const [name, value] of theirs) {
      const ours = memory[name]
      if (String(ours) === value) continue
      // Settings and versions stand still; the rest moves with each client that comes, such as the two that look here.
      assert.doesNotMatch(name, /^(maxmemory|total_system_memory|mem_allocator|active_defrag)/, name)
      const figure = bytesIn(String(ours))
      const isRatio = /_(ratio|perc)$/.test(name)
      assertNear(figure, bytesIn(value), isRatio ? { by: 3, percent: 50 } : { by: 4 * 2 ** 20 }, name)
    }
  })

  it('--bigkeys: of each type its keys, sizes and biggest, and how many keys there are', async () => {
    await pods.lab.databases.redis(async (redis) => {
      await redis.flushdb()
      // Each bigger than the one before, so that none depends on the order of the walk.
      for (let i = 1; i <= 8; i += 1) {
        await redis.set(`page-cache:${i}`, 'x'.repeat(1_000 * 2 ** i))
        await redis.rpush(`queue:${i}`, ...many(i * 10))
        await redis.sadd(`tags:${i}`, ...many(i * 3))
        await redis.hset(`profile:${i}`, Object.fromEntries(many(i).map((field) => [field, '1'])))
      }
      await redis.zadd('ranking', ...many(70).flatMap((member, i) => [i, member]))
      await redis.xadd('events', '*', 'work', '1')
    })
    const answer = await seed('--bigkeys')
    const asked = { connection, keys: 100_000, within: 10_000, top: 20 }
    const facts = factsOf(await pods.hands['redis.biggest-keys'](asked, context())) as unknown as Facts
    assert.equal(facts.complete, true)
    assert.equal(facts.keys, facts.seen)
    const [, sampled, nameBytes] =
      /Sampled (\d+) keys in the keyspace!\nTotal key length in bytes is (\d+)/.exec(answer) ?? []
    assert.deepEqual([facts.seen, facts.nameBytes], [sampled, nameBytes].map(Number))

    const biggest = [...answer.matchAll(/^Biggest +(\w+) found '"(.+)"' has (\d+) (\w+)$/gm)]
    assert.equal(biggest.length, 6)
    for (const [line, type, key, size, unit] of biggest) {
      const own = facts.types.find((one) => one.type === type)
      assert.deepEqual([own?.biggest, own?.unit], [{ key, size: Number(size) }, unit], line)
    }
    const sums = [
      ...answer.matchAll(/^(\d+) (\w+)s with (\d+) (\w+) \(([\d.]+)% of keys, avg size ([\d.]+)\)$/gm),
    ].filter(([, keys]) => keys !== '0')
    assert.equal(sums.length, facts.types.length)
    for (const [line, keys, type, size, unit, percent, average] of sums) {
      const own = facts.types.find((one) => one.type === type)
      assert.deepEqual(
        [own?.keys, own?.size, own?.unit, own?.average],
        [Number(keys), Number(size), unit, Number(average)],
        line,
      )
      assertNear(((own?.keys ?? 0) / facts.seen) * 100, Number(percent), { by: 0.01 }, line)
    }
    // Ours name the biggest of all by their memory besides, with the size that redis-cli goes by.
    assert.deepEqual([facts.biggest[0]?.key, facts.biggest[0]?.size], ['page-cache:8', 256_000])
  })
})

type Facts = {
  readonly keys: number
  readonly seen: number
  readonly nameBytes: number
  readonly complete: boolean
  readonly biggest: readonly { readonly key: string; readonly size: number }[]
  readonly types: readonly {
    readonly type: string
    readonly keys: number
    readonly unit: string
    readonly size: number
    readonly average: number
    readonly biggest: { readonly key: string; readonly size: number }
  }[]
}

function many(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `member-${i}`)
}

/** `1048576`, `1.00M`, `98.60%`. */
function bytesIn(value: string): number {
  const [, figure, unit = ''] = /^(-?[\d.]+)([KMGT%]?)B?$/.exec(value) ?? []
  const power = ['', 'K', 'M', 'G', 'T'].indexOf(unit)
  return Number(figure) * 1_024 ** Math.max(0, power)
}
