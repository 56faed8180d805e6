/** What each step of Redis declares that it needs, against a real server that refuses everything else. */
import assert from 'node:assert/strict'
import { aclFor } from '../../../client/rights/databases.ts'
import { catalogue } from '../../../domain/steps/catalogue.ts'
import type { ChangeHand } from '../../../domain/steps/contract.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { connection, contextOf, describeRedis, handsAt, password, startRedis } from './server.ts'

type Hands = ReturnType<typeof handsAt>

/** A run of each kind with what it is told; those of the doctor ask for rights, and need none but to ask. */
const runs: { readonly [kind in keyof Hands]: (hands: Hands) => Promise<unknown> } = {
  // A server that refuses us is there: the reading is well, and only its facts tell.
  'redis.ready': async (hands) => {
    const { facts } = await hands['redis.ready']({ connection }, contextOf())
    assert.deepEqual(Object.keys(facts as object).toSorted(), ['answers', 'connection', 'ms'])
  },
  'redis.memory': (hands) => hands['redis.memory']({ connection }, contextOf()),
  'redis.biggest-keys': (hands) =>
    hands['redis.biggest-keys']({ connection, keys: 10, within: 1_000, top: 10 }, contextOf()),
  'redis.access': (hands) => hands['redis.access']({ connection, steps: ['redis.ready'] }, contextOf()),
  'redis.set-memory': (hands) => changed(hands['redis.set-memory'], { connection, maxmemory: 50_000_000 }),
  'redis.flushdb': (hands) => changed(hands['redis.flushdb'], { connection }),
}

async function changed<P>(hand: ChangeHand<P>, params: P): Promise<void> {
  const plan = await hand.plan(params, contextOf())
  const done = await hand.run(params, plan, contextOf())
  await hand.verify(params, plan, done, contextOf())
}

/** Word by word, behind `ACL SETUSER hikeshi reset on >SECRET`; Redis takes a selector in several words. */
function rulesFor(kinds: readonly string[]): readonly string[] {
  return aclFor(kinds, true).replace(/\(/g, '( ').replace(/\)/g, ' )').split(' ').slice(6)
}

describeRedis('the rights that each step of Redis declares', () => {
  /** What the hand of the kind says of a server with a key of each type, to a user with these rules alone. */
  async function refused(kind: keyof Hands, rules: readonly string[]): Promise<string | undefined> {
    const server = await startRedis()
    try {
      const { redis } = server
      await Promise.all([
        redis.set('s', 'x'),
        redis.rpush('l', 'x'),
        redis.sadd('m', 'x'),
        redis.hset('h', 'x', 'x'),
      ])
      await Promise.all([redis.zadd('z', 1, 'x'), redis.xadd('e', '*', 'x', 'x')])
      await redis.call('ACL', 'SETUSER', 'least', 'reset', 'on', `>${password}`, ...rules)
      await runs[kind](handsAt(server.port, { user: 'least' }))
      return undefined
    } catch (error) {
      return carriedBy(error)?.code ?? String(error)
    } finally {
      await server.stop()
    }
  }

  for (const kind of Object.keys(runs) as readonly (keyof Hands)[]) {
    const rules = rulesFor([kind])
    const own = rulesFor([])

    it(`${kind}: are enough`, async () => {
      assert.equal(await refused(kind, rules), undefined)
    })

    it(`${kind}: none of them is too much`, async () => {
      const idle: string[] = []
      for (const rule of rules.filter((each) => each.startsWith('+') && !own.includes(each)))
        if (
          (await refused(
            kind,
            rules.filter((each) => each !== rule),
          )) === undefined
        )
          idle.push(rule)
      assert.deepEqual(idle, [])
    })
  }

  it('of all steps together read and write no key of the applications', async () => {
    const server = await startRedis()
    try {
      await server.redis.set('session:alice', 'secret')
      const rules = rulesFor(Object.keys(runs))
      await server.redis.call('ACL', 'SETUSER', 'least', 'reset', 'on', `>${password}`, ...rules)
      const may = (...command: readonly string[]) => server.redis.call('ACL', 'DRYRUN', 'least', ...command)
      assert.equal(await may('MEMORY', 'USAGE', 'session:alice'), 'OK')
      assert.equal(await may('SET', 'hikeshi:access', '1'), 'OK')
      for (const command of [
        ['GET', 'session:alice'],
        ['SET', 'session:alice', 'x'],
        ['DEL', 'session:alice'],
        ['EVAL', 'return 1', '1', 'session:alice'],
      ])
        assert.match(String(await may(...command)), /has no permissions/, command.join(' '))
    } finally {
      await server.stop()
    }
  })

  it('are tried of every kind of the catalogue', () => {
    const all = Object.keys(catalogue).filter((kind) => kind.startsWith('redis.'))
    assert.deepEqual(Object.keys(runs).toSorted(), all.toSorted())
  })
})
