import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'
import { workflowBundle } from '../../workers/bundle.ts'
import { type World, world } from '../scenarios/world.ts'
import type { underWay } from './probes.ts'

describe('work under way in a workflow', function () {
  this.timeout(300_000)
  let here: World
  before(async () => {
    here = await world()
  })

  it('has ended by its own end alone: what was left begins again where it is wanted after all', async () => {
    const connection = await NativeConnection.connect({ address: here.env.TEMPORAL_ADDRESS ?? '' })
    const taskQueue = `probes-${process.pid}`
    const entry = fileURLToPath(new URL('./probes.ts', import.meta.url))
    try {
      const worker = await Worker.create({
        connection,
        taskQueue,
        workflowBundle: await workflowBundle(entry),
      })
      const told = await worker.runUntil(
        here.client.workflow.execute<typeof underWay>('underWay', { workflowId: taskQueue, taskQueue }),
      )
      assert.deepEqual(told, [
        [1, true],
        [2, false],
      ])
    } finally {
      await connection.close()
    }
  })
})
