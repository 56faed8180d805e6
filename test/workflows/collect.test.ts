import assert from 'node:assert/strict'
import { atClose } from '../../wire/archive.ts'
import { type CollectInput, incidentsQueue } from '../../wire/messages.ts'
import { type World, world } from '../scenarios/world.ts'

describe('what is collected once an incident is closed', function () {
  this.timeout(300_000)
  let here: World
  before(async () => {
    here = await world()
  })

  it('waits for its runbook as long as for a worker; whoever asks by hand is answered within seconds', async () => {
    const begun = (order: Partial<CollectInput>) =>
      here.client.workflow.start('collect', {
        workflowId: `collect-${process.pid}-${order.waits === true ? 'late' : 'by-hand'}`,
        taskQueue: incidentsQueue,
        // No desk of that name answers.
        args: [{ desk: 'nobody-yet', id: atClose, objects: false, databases: false, ...order }],
      })
    const late = await begun({ waits: true })
    const byHand = await begun({ id: '3f0f2f3e-6a53-4a0c-9a52-0a4f0a6c1c11' })
    try {
      // Begun later, and given up.
      await assert.rejects(byHand.result())
      assert.equal((await late.describe()).status.name, 'RUNNING')
    } finally {
      await late.terminate().catch(() => undefined)
    }
  })
})
