import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { NativeConnection } from '@temporalio/worker'
import { until } from '../../lab/waiting.ts'
import { workflowBundle } from '../../workers/bundle.ts'
import { WorkflowWorker } from '../../workers/workflow-worker.ts'
import { type World, world } from '../scenarios/world.ts'
import type { spins } from '../workflows/probes.ts'

describe('the thread of the workflows', function () {
  this.timeout(300_000)
  let here: World
  before(async () => {
    here = await world()
  })

  for (const how of ['spin', 'react'])
    it(`fails the task of a workflow that never comes back from \`${how}\`, and goes on with the others`, async () => {
      const connection = await NativeConnection.connect({ address: here.env.TEMPORAL_ADDRESS ?? '' })
      const taskQueue = `spins-${how}-${process.pid}`
      const entry = fileURLToPath(new URL('../workflows/probes.ts', import.meta.url))
      const { workflow } = here.client
      const begin = (which: string) =>
        workflow.start<typeof spins>('spins', { workflowId: `${taskQueue}-${which}`, taskQueue })
      try {
        const worker = await WorkflowWorker.create({
          connection,
          taskQueue,
          workflowBundle: await workflowBundle(entry),
        })
        await worker.runUntil(async () => {
          const [bad, good] = [await begin('bad'), await begin('good')]
          await bad.signal(how)
          const failed = async () => {
            const { events } = await bad.fetchHistory()
            return events?.flatMap(
              (event) => event.workflowTaskFailedEventAttributes?.failure?.message ?? [],
            )[0]
          }
          assert.match(await until(failed, { what: 'its task to fail', withinMs: 60_000 }), /timed out/)
          await assert.rejects(good.query('__stack_trace'), /not enabled/, 'it is the thread of ours')
          await good.signal('end')
          assert.equal(await good.result(), 'ended')
          await bad.terminate()
        })
      } finally {
        await connection.close()
      }
    })
})
