import assert from 'node:assert/strict'
import type { Kubernetes } from '../../../activities/kubernetes/api/client.ts'
import { holdingLeasesIfPossible } from '../../../activities/kubernetes/api/lease.ts'
import { isRefusal, refusal } from '../../../activities/refusal.ts'
import { context } from '../signed-calls.ts'

describe('the Lease of a database whose holder was seen', () => {
  it('stays held while Kubernetes cannot be asked for a moment', async () => {
    const held = {
      metadata: { uid: 'u', resourceVersion: '7' },
      spec: { holderIdentity: 'shodo-41/flush', leaseDurationSeconds: 5 },
    }
    let asked = 0
    const kubernetes = {
      cluster: 'lab',
      call: async () => {
        asked += 1
        if (asked === 1) return held
        throw refusal('kubernetes-unreachable', { cluster: 'lab', reason: 'HTTP 503' })
      },
    } as unknown as Kubernetes
    let began = false
    const work = async () => {
      began = true
    }
    await assert.rejects(
      holdingLeasesIfPossible(kubernetes, ['redis/main/0'], { ...context, stepRun: 'shodo-42/flush' }, work),
      (error) => isRefusal(error, 'target-busy'),
    )
    assert.equal(began, false)
  })
})
