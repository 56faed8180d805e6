import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Client, Connection, WorkflowFailedError } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import type { Guard } from '../../../activities/guard.ts'
import { pulse } from '../../../activities/pulse.ts'
import { refuse } from '../../../activities/refusal.ts'
import { stepActivities } from '../../../activities/step-activities.ts'
import type { Done, Plan, Reading, Terms } from '../../../domain/steps/contract.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { freeGuard } from '../free-guard.ts'
import type { oneStep } from './one-step.workflow.ts'
import { openWorld, type World } from './world.ts'

const hash = 'a'.repeat(64)
const nobody = { ready: 0, notReady: 0, ofReady: 0 }
const terms: Terms = {
  title: { ja: 'レプリカ数の変更', en: 'Scale' },
  risk: 'reversible',
  approvals: 0,
  requestedBy: { kind: 'person', id: 'aoki', verified: true },
  runbookSha256: hash,
  expiresAt: '2099-01-01T00:00:00.000Z',
}

describe('hands as Temporal activities', () => {
  const taskQueue = `hands-${process.pid}`
  let world: World
  let client: Client
  let worker: Worker
  let native: NativeConnection
  let running: Promise<void>
  let server: Server
  /** Step runs that were watched over for being held up. */
  const watched: string[] = []
  /** What each of them was told that the attempt before signalled last. */
  const signalled: unknown[] = []

  before(async function () {
    this.timeout(300_000)
    world = await openWorld('hands')
    const { address, namespace } = world.lab.temporal
    const guard: Guard = {
      ...freeGuard,
      run: async (_kind, call) => {
        if (call.approvals.length > 0) refuse('attestation-invalid', { step: 'x', person: 'hanako' })
        return call.plan
      },
    }
    client = new Client({ connection: await Connection.connect({ address }), namespace })
    native = await NativeConnection.connect({ address })
    worker = await Worker.create({
      connection: native,
      namespace,
      taskQueue,
      activities: stepActivities(
        world.hands,
        guard,
        async () => {},
        async (context, work) => {
          watched.push(context.stepRun)
          const { before } = pulse().attempt ?? {}
          signalled.push(before)
          pulse().beat({ attempt: signalled.length })
          if (context.stepRun.endsWith('held') && before === null)
            refuse('job-not-ready', { job: 'x', reason: 'held', namespace: 'x' })
          return work()
        },
      ),
      workflowsPath: fileURLToPath(new URL('./one-step.workflow.ts', import.meta.url)),
    })
    running = worker.run()
    server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  after(async () => {
    worker?.shutdown()
    await running
    await native?.close()
    await client?.connection.close()
    server?.closeAllConnections()
    server?.close()
    await world?.close()
  })

  let runs = 0
  const start = (activity: string, call: unknown) =>
    client.workflow.start<typeof oneStep>('oneStep', {
      taskQueue,
      workflowId: `${taskQueue}-${runs++}`,
      args: [activity, call],
    })
  async function call<T>(activity: string, input: unknown): Promise<T> {
    return (await (await start(activity, input)).result()) as T
  }
  async function failureOf(activity: string, input: unknown) {
    try {
      await call(activity, input)
    } catch (error) {
      if (error instanceof WorkflowFailedError) return carriedBy(error.cause?.cause)
      throw error
    }
    return assert.fail('it did not fail')
  }

  it('plans, runs and verifies a change by name', async () => {
    await world.deploy('web')
    const context = world.context('scale')
    const params = { deployment: 'web', replicas: 3 }
    const plan = await call<Plan>('kubernetes.scale.plan', { params, context })
    const run = { params, context, plan, hash, terms, approvals: [] }
    const done = await call<Done>('kubernetes.scale.run', run)
    assert.equal(done.already, false)
    const verified = await call<{ ok: boolean }>('kubernetes.scale.verify', { ...run, done })
    assert.equal(verified.ok, true)
    assert.deepEqual(watched, [])
  })

  it('has those watched over that take hours, as they run and as they are verified', async () => {
    const context = world.context('cut')
    const params = { backups: 'nowhere' }
    const plan = { target: 'postgres/nowhere', says: terms.title, nothingToDo: false, change: {}, before: {} }
    const run = { params, context, plan: { ...plan, pods: nobody }, hash, terms, approvals: [] }
    const done = { says: terms.title, already: false, after: {} }
    for (const [stage, input] of [
      ['run', run],
      ['verify', { ...run, done }],
    ] as const)
      assert.equal((await failureOf(`postgres.cut-over.${stage}`, input))?.name, 'unknown-connection', stage)
    assert.deepEqual(watched, [context.stepRun, context.stepRun])
  })

  it('gives an attempt what the one before signalled last, though that failed in the same moment', async () => {
    signalled.length = 0
    const context = world.context('held')
    const plan = { target: 'postgres/nowhere', says: terms.title, nothingToDo: false, change: {}, before: {} }
    const params = { backups: 'nowhere' }
    const run = { params, context, plan: { ...plan, pods: nobody }, hash, terms, approvals: [] }
    assert.equal((await failureOf('postgres.cut-over.run', run))?.name, 'unknown-connection')
    assert.deepEqual(signalled, [null, { attempt: 1 }])
  })

  it('looks, and brings defaults of the declaration along', async () => {
    const context = world.context('events')
    const reading = await call<Reading>('kubernetes.events.read', { params: {}, context })
    assert.equal((reading.facts as { cut: boolean }).cut, false)
  })

  it('refuses parameters that the declaration does not allow', async () => {
    const context = world.context('bad')
    const params = { deployment: 'web', replicas: -1 }
    const found = await failureOf('kubernetes.scale.plan', { params, context })
    assert.equal(found?.name, 'bad-input')
    assert.equal(found?.params.where, 'kubernetes.scale.replicas')
  })

  it('makes no change with an approval that does not prove itself', async () => {
    const context = world.context('forged')
    const params = { deployment: 'web', replicas: 5 }
    const plan = await call<Plan>('kubernetes.scale.plan', { params, context })
    const approvals = [{ person: 'hanako', verified: true, at: '', hash }]
    const forged = { params, context, plan, hash, terms, approvals }
    const found = await failureOf('kubernetes.scale.run', forged)
    assert.equal(found?.name, 'attestation-invalid')
    assert.notEqual((await world.read('web')).spec.replicas, 5)
  })

  it('stops waiting when it is cancelled', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const params = { url, times: 50, within: 25_000 }
    const handle = await start('http.healthy.read', { params, context: world.context('wait') })
    const pending = async () => (await handle.describe()).raw.pendingActivities?.[0]
    await until(async () => (await pending())?.lastHeartbeatTime != null, {
      what: 'a heartbeat',
      withinMs: 10_000,
    })
    await handle.cancel()
    await assert.rejects(handle.result(), (error) => {
      assert.ok(error instanceof WorkflowFailedError)
      return true
    })
  })
})
