import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'
import { refuse } from '../../activities/refusal.ts'
import { logsQueue } from '../../wire/messages.ts'
import { withAttempt } from '../../workers/attempts.ts'
import { workflowBundle } from '../../workers/bundle.ts'
import { openingOf } from '../domain/incident/world.ts'
import { type World, world } from '../scenarios/world.ts'
import type { logsAgain } from './probes.ts'

describe('logs that cannot be kept', function () {
  this.timeout(300_000)
  let here: World
  before(async () => {
    here = await world()
  })

  it('are asked for again every five minutes, as somebody may have granted the right; the same failure is told once', async () => {
    const connection = await NativeConnection.connect({ address: here.env.TEMPORAL_ADDRESS ?? '' })
    const taskQueue = `probes-logs-${process.pid}`
    const { runbook, ...opening } = openingOf()
    const cluster = `probes-${process.pid}`
    const followLogs = async () => refuse('forbidden', { cluster })
    try {
      const logs = await Worker.create({
        connection,
        taskQueue: logsQueue(cluster),
        activities: withAttempt({ followLogs }),
      })
      const entry = fileURLToPath(new URL('./probes.ts', import.meta.url))
      const worker = await Worker.create({
        connection,
        taskQueue,
        workflowBundle: await workflowBundle(entry),
      })
      const args: Parameters<typeof logsAgain> = [
        { ...opening, runbook: { ...runbook, book: { ...runbook.book, cluster } } },
      ]
      const told = await logs.runUntil(
        worker.runUntil(
          here.client.workflow.execute<typeof logsAgain>('logsAgain', {
            workflowId: taskQueue,
            taskQueue,
            args,
          }),
        ),
      )
      assert.deepEqual(told, [2, 1])
    } finally {
      await connection.close()
    }
  })
})
