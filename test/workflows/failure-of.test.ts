import assert from 'node:assert/strict'
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common'
import { failure } from '../../domain/failures.ts'
import { endIn, failureOf } from '../../workflows/calls/failure-of.ts'

const asked = { where: 'deployment/shodo/web', queue: 'cluster/lab', patienceMs: 60_000, changes: true }

function ended(cause: Error): ActivityFailure {
  return new ActivityFailure('ended', 'kubernetes.scale.run', 'step/scale/run', 'TIMEOUT', undefined, cause)
}

const waited = (cause?: Error, lastSign?: unknown) =>
  Object.assign(new TimeoutFailure('timed out', lastSign, 'SCHEDULE_TO_START'), { cause })

describe('what the end of a change says', () => {
  it('is that no worker was there only when no attempt came before', () => {
    const never = ended(waited())
    assert.deepEqual([failureOf(never, asked).name, endIn(never)], ['no-worker', { attempt: 1 }])
    // The first attempt's worker died in mid-work, and no other came.
    const after = ended(waited(new TimeoutFailure('silent', undefined, 'HEARTBEAT')))
    assert.deepEqual([failureOf(after, asked).name, endIn(after)], ['result-unknown', {}])
    // What Temporal tells of it in truth: no cause, but the sign that it had begun.
    const silent = ended(waited(undefined, { at: 'kubernetes.scale.run' }))
    assert.deepEqual([failureOf(silent, asked).name, endIn(silent)], ['result-unknown', {}])
  })

  it('is what the target said in an earlier attempt, of which nobody knows what it had done', () => {
    const said = failure('kubernetes-unreachable', { cluster: 'lab', reason: 'ECONNRESET' })
    const before = ApplicationFailure.create({
      type: said.code,
      details: [said, { endedAtMs: 5, attempt: 1 }],
    })
    const error = ended(waited(before))
    assert.deepEqual([failureOf(error, asked), endIn(error)], [said, {}])
  })

  it('is a failure with its attempt and its time where a worker told them', () => {
    const said = failure('target-changed', { target: 'deployment/shodo/web' })
    const error = ended(
      ApplicationFailure.create({ type: said.code, details: [said, { endedAtMs: 5, attempt: 2 }] }),
    )
    assert.deepEqual([failureOf(error, asked), endIn(error)], [said, { endedAtMs: 5, attempt: 2 }])
  })
})
