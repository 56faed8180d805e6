/** A step on a database that fails half-way: it ends with what was and was not done, nothing stays locked, a second try works. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { parse, stringify } from 'yaml'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { explain } from '../../domain/failures.ts'
import { podOf } from '../../lab/faults/databases/down.ts'
import { hasCaughtUp } from '../../lab/faults/databases/replica.ts'
import { breakLab, type FaultName, healLab, type Lab, labDown, labUp } from '../../lab/index.ts'
import { until as awaited } from '../../lab/waiting.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { testLabName } from '../lab/shared.ts'
import { skipWithout } from '../lab/skip.ts'
import {
  aoki,
  approve,
  command,
  finish,
  mori,
  ofType,
  openDesk,
  proposed,
  sato,
  timeline,
  until,
  verified,
} from '../scenarios/world.ts'
import { type Gate, openGate } from './gate.ts'
import { openPipe, type Pipe } from './pipe.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'

describe('a step on a database that fails half-way', function () {
  this.timeout(180_000)
  let lab: Lab
  let client: Client
  let connection: Connection
  let env: NodeJS.ProcessEnv
  let gate: Gate
  let postgres: Pipe
  let redis: Pipe
  let worker: WorkerProcess | undefined

  before(async function () {
    lab = await labUp({ name: testLabName('half-way') })
    skipWithout(this, lab, 'postgres', 'redis')
    type Connections = { connections: Record<string, { port: number }> }
    const settings = parse(await readFile(lab.env.HIKESHI_CONNECTIONS ?? '', 'utf8')) as Connections
    const through = async (name: string) => {
      const found = settings.connections[name]
      assert.ok(found)
      const pipe = await openPipe(found.port)
      found.port = pipe.port
      return pipe
    }
    postgres = await through('postgres-primary')
    redis = await through('redis-master')
    gate = await openGate(lab.workerKubeconfig, join(lab.dir, 'gate.kubeconfig'))
    const file = join(lab.dir, 'piped-connections.yaml')
    await writeFile(file, stringify(settings))
    env = { ...process.env, ...lab.env, HIKESHI_CONNECTIONS: file, HIKESHI_KUBECONFIG: gate.kubeconfig }
    worker = await startWorkerProcess(env)
    connection = await Connection.connect({ address: lab.temporal.address })
    client = new Client({ connection })
  })
  after(async () => {
    await worker?.stop()
    await connection?.close()
    await Promise.all([gate?.close(), postgres?.close(), redis?.close()])
    await labDown(lab.name)
  })
  beforeEach(() => healLab(lab))
  afterEach(() => {
    for (const each of [gate, postgres, redis]) each.on(undefined)
  })

  async function declared(fault: FaultName, service: string, symptom: string): Promise<string> {
    await breakLab(lab, fault)
    const desk = await openDesk({ client, env })
    return (await desk.declare({ service, symptom })).incident
  }

  /** Runs `work`, once, at the moment that `at` is told of; resolves when it is done. */
  function once(work: () => Promise<void>) {
    let called = false
    let settle: (value: Promise<void>) => void = () => {}
    const done = new Promise<void>((resolve) => {
      settle = resolve
    })
    const at = async () => {
      if (called) return
      called = true
      const working = work()
      settle(working)
      await working
    }
    return { at, done }
  }

  const killWorker = async () => worker?.kill()

  async function endsWell(incident: string, step: string): Promise<void> {
    worker = await startWorkerProcess(env)
    await until(client, incident, `${step} verified`, verified(step), 90_000)
    await finish(client, incident)
    const done = ofType(await timeline(client, incident), 'step-done').filter((e) => e.data.run === step)
    assert.equal(done.length, 1)
    assert.ok((done[0]?.data.attempt ?? 0) > 1, 'the timeline tells that it took another attempt')
    const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
    assert.equal(verdict.identical, true, JSON.stringify(verdict.difference))
  }

  it('terminate-idle: the worker dies when the sessions are ended and it has not said so', async () => {
    const incident = await declared('pg-idle-connections', 'database', 'connections')
    await until(client, incident, 'proposed', proposed('terminate-idle'))
    const death = once(killWorker)
    let isAsked = false
    postgres.on({
      asked: async (text) => {
        isAsked ||= text.includes('pg_terminate_backend(a.pid)')
      },
      answered: async () => (isAsked ? death.at() : undefined),
    })
    await approve(client, incident, 'terminate-idle', sato)
    await death.done
    await endsWell(incident, 'terminate-idle')
  })

  it('set-memory: the worker dies when Redis has the new limit; what undo needs is kept', async () => {
    const incident = await declared('redis-full', 'redis', 'memory')
    await until(client, incident, 'proposed', proposed('more-memory'))
    const death = once(killWorker)
    let isAsked = false
    redis.on({
      asked: async (text) => {
        isAsked ||= /config\r\n\$\d+\r\nset/i.test(text)
      },
      answered: async () => (isAsked ? death.at() : undefined),
    })
    await approve(client, incident, 'more-memory', sato)
    await death.done
    const [, before] = (await lab.databases.redis((r) => r.config('GET', 'maxmemory'))) as string[]
    assert.equal(before, '2147483648')
    await endsWell(incident, 'more-memory')
  })

  it('flushdb: the worker dies when it is done; what was written since is not deleted by the next attempt', async () => {
    const incident = await declared('redis-full', 'redis', 'memory')
    await command(client, incident, 'run', aoki, { step: 'flush', with: {} })
    await until(client, incident, 'proposed', proposed('flush'))
    const death = once(killWorker)
    let isAsked = false
    redis.on({
      asked: async (text) => {
        isAsked ||= /flushdb[\s\S]*\bexec\r\n|flags=allow-oom/i.test(text)
      },
      answered: async (text) => {
        // Over its limit Redis takes no transaction, and then the script.
        if (text.includes('-OOM')) isAsked = false
        else if (isAsked) await death.at()
      },
    })
    await approve(client, incident, 'flush', sato)
    await approve(client, incident, 'flush', mori)
    await death.done
    await awaited(async () => (await lab.databases.redis((r) => r.exists('page-cache:1'))) === 0, {
      what: 'the keys to be gone',
      withinMs: 10_000,
    })
    await lab.databases.redis((r) => r.set('page-cache:since', 'kept'))
    await endsWell(incident, 'flush')
    assert.equal(await lab.databases.redis((r) => r.get('page-cache:since')), 'kept')
  })

  it('rebuild-replica: the worker dies between the deletion and its answer; one pod was deleted', async function () {
    // The lab's servers see no addresses of pods: which pod is the replica's is seen inside it.
    skipWithout(this, lab, 'exec')
    const incident = await declared('replica-gone', 'database', 'replication')
    await until(client, incident, 'proposed', proposed('rebuild-replica'))
    const death = once(killWorker)
    let deletions = 0
    const isDeletion = (method: string, path: string) =>
      path.includes('postgres-replica-0') && (method === 'DELETE' || path.includes('/eviction'))
    gate.on({
      answer: async (method, path) => {
        if (!isDeletion(method, path)) return
        deletions += 1
        await death.at()
      },
    })
    await approve(client, incident, 'rebuild-replica', sato)
    await death.done
    await awaited(() => hasCaughtUp(lab), { what: 'the replica to stream', withinMs: 30_000 })
    const { metadata } = await podOf(lab, 'postgres-replica')
    await endsWell(incident, 'rebuild-replica')
    assert.equal(
      (await podOf(lab, 'postgres-replica')).metadata.uid,
      metadata.uid,
      'the new pod was left alone',
    )
    assert.equal(deletions, 1)
  })

  it('the right taken away between plan and change: it fails with the reason, and works when it is back', async () => {
    const incident = await declared('pg-idle-connections', 'database', 'connections')
    await until(client, incident, 'proposed', proposed('terminate-idle'))
    await lab.databases.primary('revoke pg_signal_backend from hikeshi')
    try {
      await approve(client, incident, 'terminate-idle', sato)
      const { state } = await until(
        client,
        incident,
        'failed',
        (v) => v.state.steps['terminate-idle']?.status === 'failed',
      )
      const failure = state.steps['terminate-idle']?.failure
      assert.equal(failure?.code, 'HK410')
      assert.match(explain(failure, 'en').what, /permission denied|pg_signal_backend/i)
    } finally {
      await lab.databases.primary('grant pg_signal_backend to hikeshi')
    }
    await command(client, incident, 'run', aoki, { step: 'terminate-idle' })
    await approve(client, incident, 'terminate-idle.2', sato)
    await until(client, incident, 'second try verified', verified('terminate-idle.2'))
    await finish(client, incident)
  })

  it('the database restarted under it: the sessions are gone, and the step says so', async () => {
    const incident = await declared('pg-idle-connections', 'database', 'connections')
    await until(client, incident, 'proposed', proposed('terminate-idle'))
    const restart = once(async () => {
      await lab.cluster().delete('/api/v1/namespaces/shodo/pods/postgres-primary-0')
    })
    postgres.on({
      asked: async (text) => (text.includes('pg_terminate_backend(a.pid)') ? restart.at() : undefined),
    })
    await approve(client, incident, 'terminate-idle', sato)
    await restart.done
    await until(client, incident, 'verified', verified('terminate-idle'), 90_000)
    await finish(client, incident)
  })

  it('the pod replaced by somebody else meanwhile: it is not deleted a second time', async function () {
    skipWithout(this, lab, 'exec')
    const incident = await declared('replica-gone', 'database', 'replication')
    await until(client, incident, 'proposed', proposed('rebuild-replica'))
    await lab.cluster().delete('/api/v1/namespaces/shodo/pods/postgres-replica-0')
    await awaited(() => hasCaughtUp(lab), { what: 'the replica to stream', withinMs: 30_000 })
    const { metadata } = await podOf(lab, 'postgres-replica')
    await approve(client, incident, 'rebuild-replica', sato)
    const { state } = await until(client, incident, 'verified', verified('rebuild-replica'))
    assert.match(state.steps['rebuild-replica']?.done?.says.en ?? '', /already replaced/)
    assert.equal((await podOf(lab, 'postgres-replica')).metadata.uid, metadata.uid)
    await finish(client, incident)
  })
})
