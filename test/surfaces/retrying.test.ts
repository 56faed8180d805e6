import assert from 'node:assert/strict'
import { retryingIn } from '../../client/incidents/retrying.ts'
import { failure } from '../../domain/failures.ts'

describe('what is being tried again', () => {
  const data = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
  const refusedWith = (value: unknown) => ({
    applicationFailureInfo: { details: { payloads: [{ data: data(value) }] } },
  })

  it('is a step, with what it was refused with last', () => {
    const away = failure('webhook-unreachable', { cluster: 'lab', webhook: 'policy', reason: 'refused' })
    const pending = [
      { activityId: 'step/scale-out.2/run', attempt: 4, lastFailure: refusedWith(away) },
      { activityId: 'step/rollback/verify', attempt: 1 },
      { activityId: 'step/restart/verify/2', attempt: 3, lastFailure: refusedWith(away) },
      { activityId: 'situation/2', attempt: 2, lastFailure: refusedWith(away) },
      { activityId: 'step/odd/run', attempt: 2, lastFailure: refusedWith({ name: 'of another program' }) },
    ]
    assert.deepEqual(retryingIn(pending), [
      { step: 'scale-out.2', attempt: 4, failure: away },
      { step: 'restart', attempt: 3, failure: away },
    ])
  })
})
