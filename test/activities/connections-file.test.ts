import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectionsOf, openConnections, parseConnections } from '../../activities/connections-file.ts'
import { said } from '../../domain/words.ts'
import { Refused } from '../../edge/refused.ts'
import { carriedBy } from '../../wire/carried.ts'

const text = `
connections:
  postgres-primary: { kind: postgres, host: db.internal, database: shodo, user: hikeshi, secretEnv: PG_PASSWORD }
  redis-master: { kind: redis, host: redis.internal, tls: off }
`

describe('the connections file', () => {
  const problemOf = (yaml: string) => {
    try {
      parseConnections(yaml, 'connections.yaml')
      return 'none'
    } catch (error) {
      return error instanceof Refused ? said(error.failure.params.problem).en : ''
    }
  }

  it('names databases by kind, encrypted unless it says otherwise', async () => {
    const connections = connectionsOf(parseConnections(text, 'connections.yaml'), { PG_PASSWORD: 's3' })
    const primary = connections.postgres('postgres-primary')
    assert.deepEqual([primary.port, primary.tls, primary.database], [5_432, 'verify', 'shodo'])
    assert.equal(await connections.secretOf('postgres-primary', primary), 's3')
    const master = connections.redis('redis-master')
    assert.deepEqual([master.port, master.tls, master.database], [6_379, 'off', 0])
    assert.equal(await connections.secretOf('redis-master', master), undefined)
  })

  it('refuses a name that it does not have, or has for another kind, with those that exist', () => {
    const connections = connectionsOf(parseConnections(text, 'connections.yaml'), {})
    for (const name of ['postgres', 'redis-master', 'constructor'])
      assert.throws(
        () => connections.postgres(name),
        (error) => carriedBy(error)?.params.known === 'postgres-primary',
      )
  })

  it('names every mistake, and quotes no secret', () => {
    assert.match(problemOf(text.replace('host: db.internal', 'hots: db.internal')), /hots/)
    assert.match(problemOf(text.replace('kind: redis', 'kind: rdeis')), /kind: expected .*redis/)
    const quoted = problemOf(text.replace('secretEnv: PG_PASSWORD', 'password: hunter2'))
    assert.match(quoted, /secrets do not belong in this file/)
    assert.doesNotMatch(quoted, /hunter2/)
    assert.match(problemOf(text.replace('secretEnv', 'secretFile: x, secretEnv')), /not both/)
  })

  const inShodo = { statefulSet: 'postgres-primary', namespace: 'shodo', job: {} }
  const backups = (more: object) =>
    JSON.stringify({
      connections: {
        'postgres-backups': {
          kind: 'pgbackrest',
          stanza: 'shodo',
          configFile: '/etc/pgbackrest.conf',
          primary: 'postgres-primary',
          dataFolder: '/var/lib/data',
          copiesFolder: '/var/lib/copies',
          copyPort: 5_499,
          postgresFolder: '/usr/lib/postgresql/15/bin',
          ...more,
        },
      },
    })

  it('has the work on data done in a Job only beside a StatefulSet, as whom its pod is', () => {
    const parsed = parseConnections(backups(inShodo), 'connections.yaml')
    assert.equal(connectionsOf(parsed, {}).usesJobs, true)
    assert.deepEqual(connectionsOf(parsed, {}).pgbackrest('postgres-backups').job, { idleFor: 120_000 })
    const byCommands = { startCommand: ['start'], stopCommand: ['stop'] }
    assert.equal(connectionsOf(parseConnections(backups(byCommands), 'c.yaml'), {}).usesJobs, false)
    assert.match(problemOf(backups({ ...byCommands, job: {} })), /job beside statefulSet/)
    assert.match(problemOf(backups({ ...inShodo, as: ['setpriv'] })), /job beside statefulSet/)
  })

  it('binds a Job to the namespace of its StatefulSet, which the worker must serve', async () => {
    const { namespace: _, ...anywhere } = inShodo
    assert.match(problemOf(backups(anywhere)), /namespace beside job/)
    const byCommands = { startCommand: ['start'], stopCommand: ['stop'], namespace: 'shodo' }
    assert.match(problemOf(backups(byCommands)), /only beside a statefulSet/)
    const dir = await mkdtemp(join(tmpdir(), 'hikeshi-'))
    const file = join(dir, 'connections.yaml')
    await writeFile(file, backups(inShodo))
    assert.equal((await openConnections(file, {}, ['shodo', 'other'])).usesJobs, true)
    await assert.rejects(openConnections(file, {}, ['other']), (error) => {
      const { name, params } = carriedBy(error) ?? assert.fail()
      assert.equal(params.where, `${file}: connections.postgres-backups.namespace`)
      return name === 'bad-input' && /policy: other/.test(said(params.problem).en)
    })
    await rm(dir, { recursive: true })
  })

  it('says where a secret is missing', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'hikeshi-'))
    const file = join(dir, 'connections.yaml')
    await writeFile(file, text)
    const connections = await openConnections(file, {})
    await assert.rejects(
      connections.secretOf('postgres-primary', connections.postgres('postgres-primary')),
      (error) => /PG_PASSWORD/.test(said(carriedBy(error)?.params.problem).en),
    )
    await rm(dir, { recursive: true })
    assert.throws(() => connectionsOf({}, {}).redis('redis-master'), /HIKESHI_CONNECTIONS/)
  })
})
