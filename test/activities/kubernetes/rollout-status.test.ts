import assert from 'node:assert/strict'
import {
  exceededDeadlineSinceOurs,
  rolloutStatus,
} from '../../../activities/kubernetes/deployments/rollout-status.ts'
import { deploymentState } from '../../../activities/kubernetes/objects/deployment.ts'

describe('the status of a rollout', () => {
  const deployment = (exceededAt: string, changes: readonly { manager: string; time: string }[]) =>
    deploymentState(
      {
        metadata: { name: 'web', namespace: 'shodo', uid: 'u', generation: 3, managedFields: changes },
        spec: { replicas: 1, selector: {}, template: {} },
        status: {
          observedGeneration: 3,
          conditions: [
            {
              type: 'Progressing',
              status: 'False',
              reason: 'ProgressDeadlineExceeded',
              lastUpdateTime: exceededAt,
            },
          ],
        },
      } as unknown as Parameters<typeof deploymentState>[0],
      [],
    )
  const ours = { manager: 'hikeshi', time: '2026-11-28T12:00:10Z' }

  it('is failed for our change only by what the controller said after it; kubectl takes what it said before as well', () => {
    const stale = deployment('2026-11-28T12:00:05Z', [ours])
    assert.equal(rolloutStatus(stale).failed, true)
    assert.equal(rolloutStatus(stale, exceededDeadlineSinceOurs).failed, false)
    const fresh = deployment('2026-11-28T12:10:11Z', [ours])
    assert.equal(rolloutStatus(fresh, exceededDeadlineSinceOurs).failed, true)
    const others = deployment('2026-11-28T12:00:05Z', [{ manager: 'kubectl', time: '2026-11-28T12:00:10Z' }])
    assert.equal(rolloutStatus(others, exceededDeadlineSinceOurs).failed, true)
  })
})
