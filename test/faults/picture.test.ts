import assert from 'node:assert/strict'
import { join } from 'node:path'
import { symptomParts } from '../../domain/diagnosis/diagnosis.ts'
import { type Lab, labDown, labUp } from '../../lab/index.ts'
import { incidentsQueue, type Looked, type LookInput } from '../../wire/messages.ts'
import { testLabName } from '../lab/shared.ts'
import { type OpenWorld, openDesk, openWorld } from '../scenarios/world.ts'
import { type Gate, openGate } from './gate.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'

describe('a worker of the cluster that dies in the middle of a picture', function () {
  this.timeout(180_000)
  let lab: Lab
  let here: OpenWorld
  let gates: readonly Gate[] = []
  let workers: readonly WorkerProcess[] = []

  before(async () => {
    lab = await labUp({ name: testLabName('picture') })
    here = await openWorld({ ...lab, env: { ...lab.env, HIKESHI_WORKER_ROLES: 'incidents' } })
    const files = ['one', 'other'].map((name) => join(lab.dir, `${name}.kubeconfig`))
    gates = await Promise.all(files.map((file) => openGate(lab.workerKubeconfig, file)))
    workers = await Promise.all(
      gates.map(({ kubeconfig }) =>
        startWorkerProcess({
          ...process.env,
          ...lab.env,
          HIKESHI_KUBECONFIG: kubeconfig,
          HIKESHI_WORKER_ROLES: 'cluster',
        }),
      ),
    )
  })
  after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()))
    await Promise.all(gates.map((gate) => gate.close()))
    await here?.close()
    await labDown(lab.name)
  })

  it('leaves it to another one, which reads all parts in the time that is left', async () => {
    const { book } = await openDesk(here)
    let deaths = 0
    for (const [index, gate] of gates.entries()) {
      gate.on({
        before: async () => {
          if (deaths > 0) return
          deaths += 1
          await workers[index]?.kill()
        },
      })
    }
    const parts = symptomParts({ book, version: 1, sha256: '' }, 'backend')
    const input: LookInput = { desk: book.runbook, looking: { at: 'service', service: 'backend' } }
    const handle = await here.client.workflow.start('look', {
      workflowId: `look/${process.pid}`,
      taskQueue: incidentsQueue,
      args: [input],
    })
    const { parts: seen } = (await handle.result()) as Looked
    assert.equal(deaths, 1)
    // Those of the symptoms have 20 s: what is shown is that it goes on, on however slow a machine.
    for (const { id } of parts) assert.equal(seen[id]?.ok, true, id)
    const { events } = await handle.fetchHistory()
    const attempts = events?.flatMap((event) => event.activityTaskStartedEventAttributes?.attempt ?? [])
    assert.ok(attempts?.includes(2), `attempts: ${attempts}`)
  })
})
