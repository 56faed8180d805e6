import assert from 'node:assert/strict'
import { present } from '../../../domain/present.ts'
import { describeRedis, handsAt, password, type RedisServer, startRedis } from './server.ts'

describeRedis('what the user may do in Redis', () => {
  let server: RedisServer
  before(async () => {
    server = await startRedis()
  })
  after(() => server.stop())

  const all = ['redis.ready', 'redis.memory', 'redis.biggest-keys', 'redis.set-memory', 'redis.flushdb']
  const read = (user?: string, steps = all) =>
    handsAt(server.port, present({ user }))['redis.access'](
      { connection: 'redis-master', steps },
      undefined as never,
    )
  const setUser = (name: string, ...rules: readonly string[]) =>
    server.redis.call('ACL', 'SETUSER', name, 'reset', 'on', `>${password}`, ...rules)
  const asking = ['+acl|whoami', '+acl|dryrun']

  it('is enough for the default user, and nothing that was asked about is carried out', async () => {
    await server.redis.set('kept', '1')
    assert.deepEqual((await read()).findings, [])
    assert.equal(await server.redis.get('kept'), '1')
    assert.equal(await server.redis.exists('hikeshi:access'), 0)
  })

  it('is enough for the user that docs/connections.md makes', async () => {
    const { readFile } = await import('node:fs/promises')
    const docs = await readFile('docs/connections.md', 'utf8')
    const [, rules = ''] = /ACL SETUSER hikeshi reset on >SECRET (.+)/.exec(docs) ?? []
    await setUser('hikeshi', ...rules.split(' '))
    assert.deepEqual((await read('hikeshi')).findings, [])
  })

  it('names the command that is refused, the steps that send it, and the rule that allows it', async () => {
    await setUser('viewer', '~*', '+ping', '+info', '+cluster|info', ...asking)
    const { findings } = await read('viewer', ['redis.memory', 'redis.flushdb'])
    const flush = findings.find(({ says }) => says.en.includes('FLUSHDB'))
    assert.match(flush?.says.en ?? '', /^viewer may not FLUSHDB, which redis\.flushdb sends: /)
    assert.deepEqual([flush?.code, flush?.evidence], ['right-missing', ['ACL SETUSER viewer +flushdb']])
    assert.deepEqual((await read('viewer', ['redis.memory'])).findings, [])
  })

  it('warns, no more, of what steps can do without', async () => {
    await setUser('lesser', '~hikeshi:*', '+info', '+config|set', '+set', '+del', '+cluster|info', ...asking)
    const { findings } = await read('lesser', ['redis.set-memory'])
    assert.deepEqual(
      findings.map(({ code, says, evidence }) => [code, says.en, evidence[0]]),
      [
        [
          'not-prepared',
          "lesser may not CLIENT INFO: redis.set-memory cannot compare a new limit with the container's",
          'ACL SETUSER lesser +client|info',
        ],
      ],
    )
  })

  it('names the keys that are out of reach', async () => {
    await setUser('narrow', '~app:*', '+@all')
    const { findings } = await read('narrow', ['redis.set-memory'])
    assert.deepEqual(
      findings.map(({ code, evidence }) => [code, evidence[0]]),
      [
        ['right-missing', 'ACL SETUSER narrow ~hikeshi:*'],
        ['right-missing', 'ACL SETUSER narrow ~hikeshi:*'],
      ],
    )
  })

  it('says so, and no more, where the user may not even ask', async () => {
    await setUser('mute', '~*', '+ping')
    const { findings } = await read('mute')
    assert.deepEqual(
      findings.map(({ code, evidence }) => [code, evidence[0]]),
      [['not-prepared', '+acl|whoami +acl|dryrun']],
    )
  })
})
