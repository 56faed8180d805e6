import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client'
import type { Temporal } from '../../client/temporal/connect.ts'
import { sendUpdate } from '../../client/temporal/updates.ts'
import type { Refused } from '../../edge/refused.ts'

/** Temporal as one worker that needs so long for each update, or as nobody. */
function world(answersInMs: number | 'never') {
  const sent: string[] = []
  let deadline = 0
  const executeUpdate = async (_: string, { updateId }: { readonly updateId: string }) => {
    sent.push(updateId)
    const untilMs = deadline - Date.now()
    if (answersInMs !== 'never') return sleep(answersInMs, { receipt: 1 })
    await sleep(untilMs)
    throw new WorkflowUpdateRPCTimeoutOrCancelledError('nobody')
  }
  const temporal = {
    address: 'nowhere',
    namespace: `updates-${Math.random()}`,
    connection: {
      withDeadline: (until: number, call: () => unknown) => {
        deadline = until
        return call()
      },
    },
    client: { workflow: { getHandle: () => ({ executeUpdate }) } },
  } as unknown as Temporal
  const send = (id: string, withinMs: number, workflow = 'shodo-42') =>
    sendUpdate(temporal, { workflow, name: 'note', input: {}, id, withinMs }).then(
      () => 'answered',
      (error) => (error as Refused).failure.name,
    )
  return { sent, send }
}

const count = (ends: readonly string[], wanted: string) => ends.filter((end) => end === wanted).length

describe('updates of one workflow that wait for their turn', () => {
  it('are refused unsent when it does not come in time, for the crowd where others were answered', async () => {
    const { sent, send } = world(100)
    const startMs = performance.now()
    const ends = await Promise.all(Array.from({ length: 100 }, (_, i) => send(`n-${i}`, 600)))
    assert.ok(performance.now() - startMs < 700)
    assert.equal(count(ends, 'answered'), sent.length)
    assert.ok(sent.length > 8 && sent.length < 100, `${sent.length} were sent`)
    assert.equal(count(ends, 'too-busy'), 100 - sent.length)
    // Nothing is carried out behind the back of who was refused.
    await sleep(300)
    assert.ok(ends.every((end, i) => (end === 'answered') === sent.includes(`n-${i}`)))
  })

  it('hear of the missing worker where nobody was answered meanwhile', async () => {
    const { sent, send } = world('never')
    const ends = await Promise.all(Array.from({ length: 20 }, (_, i) => send(`n-${i}`, 300)))
    assert.deepEqual([count(ends, 'no-worker'), sent.length], [20, 8])
  })

  it('are so many at most, and those of another workflow have their turn', async () => {
    const { send } = world(20)
    const many = Promise.all(Array.from({ length: 1_000 }, (_, i) => send(`n-${i}`, 10_000)))
    assert.equal(await send('other', 10_000, 'shodo-43'), 'answered')
    const ends = await many
    assert.deepEqual([count(ends, 'answered'), count(ends, 'too-busy')], [508, 492])
    assert.equal(await send('later', 1_000), 'answered')
  })
})
