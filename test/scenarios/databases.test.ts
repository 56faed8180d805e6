import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { type Runbook, runbookSchema } from '../../domain/runbook/runbook.ts'
import { type Running, startWorker } from '../../workers/main.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { openCluster, password, type Server } from '../activities/postgres/cluster.ts'
import { describeWithPostgres } from '../activities/postgres/programs.ts'
import {
  describeRedis,
  fillUp,
  type RedisServer,
  password as redisPassword,
  startRedis,
} from '../activities/redis/server.ts'
import {
  aoki,
  approve,
  command,
  finish,
  mori,
  ofType,
  openDesk,
  proposed,
  refusal,
  sato,
  timeline,
  until,
  verified,
  type World,
  world,
} from './world.ts'

/** A cluster name of its own, so that no other worker takes what only this one has connections for. */
const cluster = `databases-${process.pid}`

/** A worker that reaches these databases besides the lab's Kubernetes. */
async function workerFor(here: World, connections: object): Promise<Running> {
  const file = join(here.lab.dir, `${Object.keys(connections).join('-')}.yaml`)
  await writeFile(file, stringify({ connections }))
  return startWorker({
    env: {
      ...here.env,
      HIKESHI_CLUSTER: cluster,
      HIKESHI_WORKER_ROLES: 'cluster',
      HIKESHI_CONNECTIONS: file,
      DATABASE_PASSWORD: password,
      REDIS_PASSWORD: redisPassword,
    },
  })
}

const text = (ja: string, en: string) => ({ ja, en })

/** shodo's runbook for this worker, with one more service and its symptom. */
function withService(name: string, service: object, symptom: object) {
  return (book: Runbook): Runbook =>
    runbookSchema.parse({
      ...book,
      cluster,
      services: { ...book.services, [name]: service },
      symptoms: [...book.symptoms, { ...symptom, service: name }],
    })
}

async function isProven(here: World, incident: string): Promise<void> {
  const verdict = await replay(incident, await historiesOf(incident, here.client, undefined), reexecute)
  assert.equal(verdict.difference, undefined)
}

describeWithPostgres('PostgreSQL with connections that nobody uses', (programs) => {
  let here: World
  let server: Server
  let worker: Running
  before(async function () {
    this.timeout(300_000)
    here = await world()
    server = await openCluster(programs)
    worker = await workerFor(here, {
      'postgres-primary': {
        kind: 'postgres',
        host: '127.0.0.1',
        port: server.port,
        tls: 'off',
        database: 'shodo',
        user: 'hikeshi',
        secretEnv: 'DATABASE_PASSWORD',
        reserved: { user: 'hikeshi_reserved', secretEnv: 'DATABASE_PASSWORD' },
      },
    })
  })
  after(async () => {
    worker?.stop()
    await worker?.stopped
    await server?.close()
  })

  it('all taken: seen, ended once another person approved that very list, and proven', async () => {
    const { client } = here
    const desk = await openDesk(here, {
      change: withService(
        'database',
        {
          title: text('データベース', 'Database'),
          look: [{ kind: 'postgres.connections', with: { idleAfter: '1s' } }],
        },
        {
          id: 'connections',
          title: text('接続エラー', 'Connection errors'),
          steps: [
            { id: 'ready', title: text('接続テスト', 'Ready'), kind: 'postgres.ready' },
            {
              id: 'terminate-idle',
              title: text('接続リセット', 'Terminate idle connections'),
              kind: 'postgres.terminate-idle',
              with: { olderThan: '1s' },
              when: ['connections-exhausted', 'idle-connections'],
            },
          ],
        },
      ),
    })
    const busy = await server.connect('shodo', 'shodo', 'busy')
    const working = busy.query('select pg_sleep(300)').catch(() => undefined)
    const free = server.slots - 4
    for (let i = 0; i < free; i += 1) await server.connect('shodo', 'shodo', 'forgotten')
    await assert.rejects(server.connect('shodo', 'shodo', 'one more'), /remaining connection slots|too many/)
    await server.sql("select pg_sleep(1.2) from pg_stat_activity where application_name = 'busy' limit 1")

    const { incident } = await desk.declare({ service: 'database', symptom: 'connections' })
    const { state } = await until(client, incident, 'proposed', proposed('terminate-idle'))
    assert.ok(state.findings.some((f) => f.code === 'connections-exhausted' && f.service === 'database'))
    const step = state.steps['terminate-idle']
    assert.equal(step?.risk, 'disruptive')
    const own = { step: 'terminate-idle', hash: step?.hash ?? '' }
    assert.equal((await refusal(command(client, incident, 'approve', aoki, own))).code, 'HK304')
    await approve(client, incident, 'terminate-idle', sato)
    await until(client, incident, 'verified', verified('terminate-idle'))
    const left = await server.sql(
      "select application_name, count(*)::int from pg_stat_activity where usename = 'shodo' group by 1",
    )
    assert.deepEqual(left, [{ application_name: 'busy', count: 1 }])
    await (await server.connect('shodo', 'shodo', 'one more')).end()

    const no = await refusal(command(client, incident, 'undo', aoki, { step: 'terminate-idle' }))
    assert.equal(no.name, 'not-undoable')
    await finish(client, incident)
    await isProven(here, incident)
    await server.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'busy'")
    await working
  }).timeout(120_000)
})

describeRedis('Redis that is full', () => {
  let here: World
  let server: RedisServer
  let worker: Running
  before(async function () {
    this.timeout(300_000)
    here = await world()
    server = await startRedis({ args: ['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction'] })
    worker = await workerFor(here, {
      'redis-master': {
        kind: 'redis',
        host: '127.0.0.1',
        port: server.port,
        tls: 'off',
        secretEnv: 'REDIS_PASSWORD',
      },
    })
  })
  after(async () => {
    worker?.stop()
    await worker?.stopped
    await server?.stop()
  })

  it('takes writes again without losing a key; FLUSHDB shows its cost and needs two people', async () => {
    const { client } = here
    const desk = await openDesk(here, {
      change: withService(
        'redis',
        { title: text('Redis', 'Redis'), look: [{ kind: 'redis.memory' }] },
        {
          id: 'memory',
          title: text('メモリ不足', 'Out of memory'),
          steps: [
            {
              id: 'more-memory',
              title: text('メモリ上限変更', 'More memory'),
              kind: 'redis.set-memory',
              with: { maxmemory: '64mb' },
              when: ['redis-full'],
            },
            { id: 'flush', title: text('緊急クリア', 'Flush'), kind: 'redis.flushdb' },
          ],
        },
      ),
    })
    await fillUp(server.redis)
    const keys = await server.redis.dbsize()
    const { incident } = await desk.declare({ service: 'redis', symptom: 'memory' })
    await approve(client, incident, 'more-memory', sato)
    await until(client, incident, 'more memory', verified('more-memory'))
    await server.redis.set('after', 'x'.repeat(100_000))
    assert.equal(await server.redis.dbsize(), keys + 1)

    await command(client, incident, 'run', aoki, { step: 'flush', with: {} })
    const { state } = await until(client, incident, 'flush proposed', proposed('flush'))
    assert.match(state.steps.flush?.plan?.says.en ?? '', new RegExp(`${keys + 1}`))
    assert.deepEqual([state.steps.flush?.risk, state.steps.flush?.approvalsNeeded], ['destructive', 2])
    await approve(client, incident, 'flush', sato)
    assert.equal(await server.redis.dbsize(), keys + 1, 'one person is not enough')
    await approve(client, incident, 'flush', mori)
    await until(client, incident, 'flushed', verified('flush'))
    assert.equal(await server.redis.exists('after'), 0)
    await finish(client, incident)
    const approved = ofType(await timeline(client, incident), 'step-approved')
    assert.deepEqual(
      approved.map((e) => `${e.data.run} ${e.by.id}`),
      ['more-memory sato', 'flush sato', 'flush mori'],
    )
    await isProven(here, incident)
  }).timeout(120_000)
})
