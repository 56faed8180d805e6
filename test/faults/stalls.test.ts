import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { reexecute } from '../../workers/reexecute.ts'
import {
  aoki,
  command,
  finish,
  ofType,
  openDesk,
  timeline,
  until,
  type World,
  world,
} from '../scenarios/world.ts'

/** Longer than a task has, which is 2 s. */
const standsStillMs = 2_700

/** Signals an incident, and asks for its state all the time, in a thread of its own: this one stands still. */
const others = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { Client, Connection } = require('@temporalio/client')
  const { address, namespace, incident, by, at } = workerData
  void (async () => {
    const connection = await Connection.connect({ address })
    const handle = new Client({ connection, namespace }).workflow.getHandle(incident)
    parentPort.postMessage('ready')
    const begun = performance.now()
    const asked = []
    const asking = setInterval(() => asked.push(handle.query('state').catch(() => undefined)), 150)
    for (const ms of at) {
      await new Promise((resolve) => setTimeout(resolve, begun + ms - performance.now()))
      await handle.signal('note', { v: 1, by, text: 'after ' + ms + ' ms' })
    }
    clearInterval(asking)
    await Promise.all(asked)
    await connection.close()
  })()
`

describe('a worker that stands still for longer than a task has', function () {
  this.timeout(300_000)
  let here: World
  before(async () => {
    here = await world()
  })

  for (const at of [[50], [50, 600, 1_400], [50, 2_300, 2_800]])
    it(`hears what came after ${at.join(', ')} ms once, and what it then does is proven`, async () => {
      const { client, lab } = here
      const desk = await openDesk(here)
      const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW', fresh: true })
      await until(client, incident, 'the picture', (v) => v.state.situation.taken !== undefined)
      const workerData = { ...lab.temporal, incident, by: aoki, at }
      const thread = new Worker(others, { eval: true, workerData })
      const ended = once(thread, 'exit')
      await once(thread, 'message')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, standsStillMs)
      await ended
      await command(client, incident, 'note', aoki, { text: 'goes on' })
      await finish(client, incident)
      assert.deepEqual(
        ofType(await timeline(client, incident), 'noted').map(({ data }) => data.text),
        [...at.map((ms) => `after ${ms} ms`), 'goes on'],
      )
      const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
      assert.deepEqual([verdict.identical, verdict.difference], [true, undefined])
    })
})
