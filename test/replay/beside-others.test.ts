import assert from 'node:assert/strict'
import { endsWithin } from '../../activities/ends-within.ts'
import { workflowBundle } from '../../workers/bundle.ts'
import { reexecuteHere } from '../../workers/reexecute-here.ts'
import { storedIncidents } from './histories.ts'

describe('a re-execution', () => {
  it('does without the deadlines of its own sandbox and takes away nobody else’s', async () => {
    const [stored] = storedIncidents()
    const left = [{ place: 0, history: stored?.histories[0] }]
    const made: unknown[] = []
    const runs = {
      next: async () => left.pop(),
      made: (_: number, one: unknown) => void made.push(one),
      back: () => assert.fail('it was given back'),
    }
    await reexecuteHere(runs, 'shodo-1', await workflowBundle())
    assert.equal(made.length, 1)
    let rounds = 0
    const hasEnded = endsWithin(50, () => {
      while (rounds < 1e10) rounds += 1
    })
    assert.equal(hasEnded, false)
  })
})
