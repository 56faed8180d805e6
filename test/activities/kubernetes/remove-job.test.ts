import assert from 'node:assert/strict'
import type { Kubernetes } from '../../../activities/kubernetes/api/client.ts'
import { removeJob } from '../../../activities/kubernetes/jobs/job.ts'
import { isRefusal } from '../../../activities/refusal.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { context } from '../signed-calls.ts'

const labels = { 'app.kubernetes.io/managed-by': 'hikeshi', 'app.kubernetes.io/component': 'restore' }

describe('the removal of a Job', () => {
  it('leaves one of the same name alone that is not ours', async () => {
    const asked: string[] = []
    const kubernetes = {
      cluster: 'lab',
      call: async ({ verb }: { readonly verb: string }) => {
        asked.push(verb)
        return { metadata: { uid: 'theirs', labels: { app: 'reports' } } }
      },
    } as unknown as Kubernetes
    await removeJob(kubernetes, context, 'hikeshi-backups')
    assert.deepEqual(asked, ['get'])
  })

  it('is given up after its time, and names the pod that does not end, and its node', async () => {
    const deletionTimestamp = '2026-11-24T03:00:00Z'
    const pod = {
      metadata: {
        name: 'hikeshi-backups-x7k',
        uid: 'p',
        deletionTimestamp,
        ownerReferences: [{ kind: 'Job', uid: 'j', controller: true }],
      },
      spec: { nodeName: 'node-3' },
    }
    const asked: string[] = []
    const kubernetes = {
      cluster: 'lab',
      call: async ({ verb, resource }: { readonly verb: string; readonly resource: string }) => {
        asked.push(`${verb} ${resource}`)
        return verb === 'list'
          ? { metadata: {}, items: [pod] }
          : { metadata: { uid: 'j', labels, ...(asked.length > 1 ? { deletionTimestamp } : {}) } }
      },
    } as unknown as Kubernetes
    await assert.rejects(removeJob(kubernetes, context, 'hikeshi-backups', 400), (error) => {
      assert.match(JSON.stringify(carriedBy(error)?.params), /pod hikeshi-backups-x7k on node node-3/)
      return isRefusal(error, 'no-answer')
    })
    assert.equal(asked.filter((each) => each === 'delete jobs').length, 1)
  })
})
