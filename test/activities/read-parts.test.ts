import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { stepActivities } from '../../activities/step-activities.ts'
import { explain } from '../../domain/failures.ts'
import type { Parts } from '../../domain/incident/fold/picture.ts'
import type { Part } from '../../domain/runbook/parts.ts'
import { freeGuard } from './free-guard.ts'
import type { oneStep } from './kubernetes/one-step.workflow.ts'
import { openWorld, type World } from './kubernetes/world.ts'

describe('all parts of a picture in one activity', () => {
  const taskQueue = `parts-${process.pid}`
  let world: World
  let client: Client
  let worker: Worker
  let native: NativeConnection
  let running: Promise<void>
  let server: Server
  /** How often each path was asked for. `/silent` is never answered, `/slow` after a second. */
  const asked = new Map<string, number>()

  before(async function () {
    this.timeout(300_000)
    world = await openWorld('parts')
    const { address, namespace } = world.lab.temporal
    client = new Client({ connection: await Connection.connect({ address }), namespace })
    native = await NativeConnection.connect({ address })
    worker = await Worker.create({
      connection: native,
      namespace,
      taskQueue,
      activities: stepActivities(world.hands, freeGuard, async () => {}),
      workflowsPath: fileURLToPath(new URL('./kubernetes/one-step.workflow.ts', import.meta.url)),
    })
    running = worker.run()
    server = createServer(async ({ url = '' }, response) => {
      asked.set(url, (asked.get(url) ?? 0) + 1)
      if (url.startsWith('/silent')) return
      if (url === '/slow') await sleep(1_000)
      response.statusCode = url === '/down' ? 503 : 200
      response.end('as asked')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  beforeEach(() => asked.clear())
  after(async () => {
    worker?.shutdown()
    await running
    await native?.close()
    await client?.connection.close()
    server?.closeAllConnections()
    server?.close()
    await world?.close()
  })

  const health = (path: string): Part => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
    return { id: `health:${path}`, kind: 'http.health', params: { url } }
  }
  let runs = 0
  const read = async (
    parts: readonly Part[],
    { withinMs = 20_000, sharesMs = 0, by = 'oneStep' } = {},
  ): Promise<Parts> => {
    const handle = await client.workflow.start<typeof oneStep>(by, {
      taskQueue,
      workflowId: `${taskQueue}-${runs++}`,
      args: ['readParts', { context: world.context('situation/1'), parts, withinMs, sharesMs }],
    })
    return (await handle.result()) as Parts
  }

  it('are each read by the hands of its kind, and end each for itself', async () => {
    const parts = await read(
      [
        { id: 'pods', kind: 'kubernetes.pods', params: {} },
        health('/well'),
        health('/down'),
        health('/silent'),
        { id: 'wrong', kind: 'kubernetes.pods', params: { selector: 7 } },
        { id: 'unknown', kind: 'kubernetes.newer', params: {} },
        { id: 'change', kind: 'kubernetes.scale', params: { deployment: 'web', replicas: 1 } },
      ],
      { withinMs: 2_000 },
    )
    const said = Object.entries(parts).map(([id, part]) => [
      id,
      part.ok ? part.reading.findings.map(({ code }) => code) : explain(part.failure, 'en').what,
    ])
    assert.deepEqual(said.slice(0, 4), [
      ['pods', []],
      ['health:/well', []],
      ['health:/down', ['health-failing']],
      ['health:/silent', 'unknown: no answer in 2 s'],
    ])
    for (const [id, what] of said.slice(4)) assert.match(String(what), /kubernetes\./, String(id))
    const names = Object.values(parts).flatMap((part) => (part.ok ? [] : [part.failure.name]))
    assert.deepEqual(names, ['no-answer', 'bad-input', 'bad-input', 'bad-input'])
  })

  it('of incidents that ask within a moment are read once for all of them', async () => {
    const parts = ['/a', '/b', '/c'].map(health)
    const pictures = await Promise.all(Array.from({ length: 8 }, () => read(parts, { sharesMs: 2_000 })))
    for (const picture of pictures) assert.deepEqual(picture, pictures[0])
    assert.deepEqual(Object.fromEntries(asked), { '/a': 1, '/b': 1, '/c': 1 })
  })

  it('have their whole time for the others when whoever asked first has little left', async () => {
    const [hurried, other] = await Promise.all([
      read([health('/slow')], { withinMs: 300, sharesMs: 2_000 }),
      sleep(100).then(() => read([health('/slow')], { sharesMs: 2_000 })),
    ])
    assert.equal(hurried['health:/slow']?.ok, false)
    assert.equal(other['health:/slow']?.ok, true)
    assert.equal(asked.get('/slow'), 1)
  })

  it('of an incident do not wait behind those of looks', async () => {
    const silent = Array.from({ length: 110 }, (_, i) => health(`/silent/${i}`))
    const looked = read(silent, { withinMs: 6_000, by: 'look' })
    while (asked.size < 30) await sleep(50)
    const { 'health:/well': part } = await read([health('/well')], { withinMs: 2_000 })
    assert.equal(part?.ok, true)
    assert.equal([...asked.keys()].filter((path) => path.startsWith('/silent/')).length, 30)
    await looked
  })

  it('are re-read for whoever has to see what came after a change', async () => {
    await read([health('/changed')], { sharesMs: 2_000 })
    await Promise.all([read([health('/changed')]), read([health('/changed')])])
    assert.equal(asked.get('/changed'), 3)
  })
})
