import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'
import { alive } from '../../activities/alive.ts'
import { pulse } from '../../activities/pulse.ts'
import { refuse } from '../../activities/refusal.ts'
import { pendingNow } from '../../client/incidents/pending.ts'
import type { Progress } from '../../client/incidents/progress.ts'
import { connect, temporalSettings } from '../../client/temporal/connect.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { workflowBundle } from '../../workers/bundle.ts'
import { type World, world } from '../scenarios/world.ts'
import type { longStep } from './probes.ts'

describe('a step that takes hours, on a real server', function () {
  this.timeout(300_000)
  let here: World
  before(async () => {
    here = await world()
  })

  it('says how far it is, and still does when its attempt failed and no worker has it', async () => {
    const id = `long-${process.pid}`
    const entry = fileURLToPath(new URL('./probes.ts', import.meta.url))
    const temporal = await connect(temporalSettings(here.env))
    const connection = await NativeConnection.connect({ address: here.env.TEMPORAL_ADDRESS ?? '' })
    const { promise: fails, resolve: fail } = Promise.withResolvers<void>()
    const restore = () =>
      alive('postgres.restore.run', 100, async () => {
        pulse().beat({ at: 'restoring', bytes: 43, ofBytes: 100, percent: 43 })
        await fails
        return refuse('no-answer', { seconds: 1, where: 'the repository' })
      })
    const run = { kind: 'postgres.restore', status: 'running', startedAtMs: 0 }
    const state = { id, steps: { restore: run } } as unknown as IncidentState
    /** The progress that is wanted, asked for until it is there; mocha's limit ends a wait in vain. */
    const until = async (isIt: (progress: Progress) => boolean): Promise<Progress> => {
      for (;;) {
        const [progress] = (await pendingNow(temporal, state)).progress ?? []
        if (progress !== undefined && isIt(progress)) return progress
      }
    }
    try {
      const bundle = await workflowBundle(entry)
      const worker = await Worker.create({
        connection,
        taskQueue: id,
        workflowBundle: bundle,
        activities: { restore },
      })
      await worker.runUntil(async () => {
        const handle = await here.client.workflow.start<typeof longStep>('longStep', {
          workflowId: id,
          taskQueue: id,
        })
        const said = { step: 'restore', at: 'restoring', bytes: 43, ofBytes: 100, percent: 43 }
        const since = new Date(0).toISOString()
        const first = await until(({ percent }) => percent !== undefined)
        assert.deepEqual(first, { ...said, attempt: 1, since })
        fail()
        const second = await until(({ attempt }) => attempt > 1)
        assert.deepEqual(second, { ...said, attempt: 2, since, waits: true })
        await handle.terminate('the test is over')
      })
    } finally {
      await connection.close()
      await temporal.close()
    }
  })
})
