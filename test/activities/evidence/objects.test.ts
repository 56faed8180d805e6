import assert from 'node:assert/strict'
import { saidOnce } from '../../../activities/evidence/objects.ts'

describe('an object as evidence', () => {
  it('lacks what says the same once more, as kubectl apply and the server keep it', () => {
    const applied = { 'kubectl.kubernetes.io/last-applied-configuration': '{"spec":"hunter2"}' }
    const object = {
      kind: 'Deployment',
      metadata: { name: 'web', managedFields: [{}], annotations: { ...applied, team: 'shodo' } },
      spec: { replicas: 3 },
    }
    assert.deepEqual(saidOnce(object), {
      kind: 'Deployment',
      metadata: { name: 'web', annotations: { team: 'shodo' } },
      spec: { replicas: 3 },
    })
    assert.deepEqual(saidOnce({ metadata: { name: 'web' } }), { metadata: { name: 'web' } })
  })
})
