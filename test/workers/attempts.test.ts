import assert from 'node:assert/strict'
import { ApplicationFailure } from '@temporalio/common'
import { withAttempt } from '../../workers/attempts.ts'
import { ServerClock } from '../../workers/server-clock.ts'

type Told = { readonly attempt: number; readonly endedAtMs: number }

const hour = 3_600_000
/** What the server says, whatever this machine's clock says. */
const serverMs = Date.UTC(2026, 10, 24, 3)

describe('the time that a worker tells', () => {
  /** This machine's clock is an hour ahead while the test runs. */
  const now = Date.now
  before(() => {
    Date.now = () => now() + hour
  })
  after(() => {
    Date.now = now
  })

  const info = () => ({ attempt: 2, currentAttemptScheduledTimestampMs: serverMs })

  it("is the server's and not that of its own clock, in an answer and in a refusal", async () => {
    let ownMs = 50
    const takes = async () => {
      ownMs += 700
    }
    const refuses = async () => {
      ownMs += 700
      throw ApplicationFailure.nonRetryable('no', 'HK400')
    }
    const activities = withAttempt({ takes, refuses }, new ServerClock(() => ownMs), info)
    const answer = (await activities.takes?.()) as Told
    assert.deepEqual([answer.attempt, answer.endedAtMs - serverMs], [2, 700])
    await assert.rejects(activities.refuses?.() ?? Promise.resolve(), (error) => {
      assert.ok(error instanceof ApplicationFailure)
      assert.deepEqual(error.details?.at(-1), { attempt: 2, endedAtMs: serverMs + 1_400 })
      return true
    })
  })
})

describe("the server's clock", () => {
  it('is not put back by a task that waited in its queue, and follows the server after a while', () => {
    let ownMs = 0
    const clock = new ServerClock(() => ownMs)
    clock.heard(serverMs)
    ownMs = 60_000
    // Handed out at once, taken up a minute later.
    assert.equal(clock.heard(serverMs + 1_000)(), serverMs + 60_000)
    // The server's clock was set back by ten seconds.
    ownMs += 601_000
    assert.equal(clock.heard(serverMs + 651_000)(), serverMs + 651_000)
  })

  it('goes with a time far ahead for what was handed out with it, and for nothing else', () => {
    let ownMs = 0
    const clock = new ServerClock(() => ownMs)
    clock.heard(serverMs)
    // The machine slept, or one host of the server is an hour ahead.
    const ahead = clock.heard(serverMs + hour)
    ownMs = 5_000
    assert.equal(ahead(), serverMs + hour + 5_000)
    assert.equal(clock.heard(serverMs + 5_000)(), serverMs + 5_000)
  })
})
