import assert from 'node:assert/strict'
import fc from 'fast-check'
import { evolve } from '../../../domain/incident/fold/evolve.ts'
import { laws } from './laws.ts'
import { live, lives } from './moves.ts'

/** fast-check prints seed and the shortest life that breaks a law; put both here to live it again. */
const runs = { numRuns: 150 }

describe('laws that hold in every life of an incident', () => {
  for (const { title, holds } of laws) {
    it(title, () => {
      fc.assert(
        fc.property(lives, (life) => holds(live(life))),
        runs,
      )
    })
  }

  it('a cut by continue-as-new anywhere changes nothing', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const cut = live(life)
        const whole = live(life, false)
        assert.deepEqual(cut.state, whole.state)
        assert.deepEqual(cut.head, whole.head)
      }),
      runs,
    )
  })

  it('the state is plain JSON: nothing is lost on the way through it', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { state } = live(life, false)
        assert.deepEqual(JSON.parse(JSON.stringify(state)), state)
      }),
      runs,
    )
  })

  it('any event can be folded into any state', () => {
    fc.assert(
      fc.property(lives, lives, (one, other) => {
        const { events } = live(one)
        const { batches } = live(other)
        for (const [i, event] of events.entries()) {
          const { after } = batches[i % batches.length] ?? assert.fail('no batch')
          evolve(after, event, Date.parse(event.at))
        }
      }),
      { numRuns: 150 },
    )
  })
})
