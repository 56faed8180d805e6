import assert from 'node:assert/strict'
import { replay } from '../../client/replay/replay.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { storedIncidents } from './histories.ts'

type History = { readonly events: readonly unknown[] }

describe('an incident that is still open', function () {
  this.timeout(120_000)

  it('re-executes at any moment to the beginning of its timeline', async () => {
    const kept =
      storedIncidents().find(({ play }) => play === 'bad-deploy') ?? assert.fail('no history is kept')
    const { events } = kept.histories[0] as History
    // Whatever is its last event: begun, waiting for its task, answered. Each moment costs a whole re-execution.
    for (let length = 4; length < events.length; length += 5) {
      const verdict = await replay(
        kept.incident,
        { histories: [{ events: events.slice(0, length) }], source: 'running' },
        reexecute,
      )
      assert.equal(verdict.difference, undefined)
      const told = JSON.parse(JSON.stringify(verdict.timeline))
      assert.deepEqual(told, kept.events.slice(0, told.length))
    }
  })
})
