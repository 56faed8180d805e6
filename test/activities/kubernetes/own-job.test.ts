/** Which Job is ours, and which pod is its own. The real API server: test/restore/in-job.test.ts. */
import assert from 'node:assert/strict'
import type { Apis, Kubernetes, Question } from '../../../activities/kubernetes/api/client.ts'
import { jobOf } from '../../../activities/kubernetes/jobs/beside.ts'
import { podOfJob } from '../../../activities/kubernetes/jobs/pod-of-job.ts'
import { isRefusal, refusal } from '../../../activities/refusal.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { context } from '../signed-calls.ts'

const name = 'hikeshi-backups'
const statefulSet = 'postgres-primary'
const command = ['sh', '-c', 'wait', 'hikeshi', '/copies']
const annotation = `job.hikeshi.dev/${name}`

type Thing = { metadata: Record<string, unknown>; [member: string]: unknown }

/** A namespace with one StatefulSet; its controller gives a Job a pod that runs as soon as it is made. */
class Namespace {
  readonly annotations: Record<string, string> = {}
  job: Thing | undefined
  pods: Thing[] = []
  events: Thing[] = []
  readonly asked: string[] = []
  uids = 0
  /** What happens right after a Job was made. */
  afterCreate: () => void = () => {}

  get kubernetes(): Kubernetes {
    const call = async ({ verb, resource, ask }: Question<unknown>) => {
      this.asked.push(`${verb} ${resource}`)
      return ask(this.#apis as unknown as Apis, {})
    }
    return { cluster: 'lab', call } as unknown as Kubernetes
  }

  readonly #apis = {
    apps: {
      readNamespacedStatefulSet: async () => ({
        metadata: { name: statefulSet, resourceVersion: '1', annotations: this.annotations },
      }),
      patchNamespacedStatefulSet: async ({ body }: { body: { path: string; value: string }[] }) => {
        for (const { path, value } of body.slice(1))
          this.annotations[(path.split('/').at(-1) ?? '').replaceAll('~1', '/')] = value
      },
    },
    batch: {
      readNamespacedJob: async () => this.job ?? assertThrow('target-not-found'),
      createNamespacedJob: async ({ body }: { body: Thing }) => {
        this.uids += 1
        const uid = `job-${this.uids}`
        this.job = { ...body, metadata: { ...body.metadata, uid } }
        this.pods.push(podOf(uid, command, `${name}-${this.uids}`))
        const made = this.job
        this.afterCreate()
        return made
      },
      deleteNamespacedJob: async ({ body }: { body: { preconditions: { uid: string } } }) => {
        assert.equal(body.preconditions.uid, this.job?.metadata.uid)
        this.job = undefined
        this.pods = []
      },
    },
    core: {
      listNamespacedPod: async () => ({ items: this.pods }),
      listNamespacedEvent: async ({ fieldSelector }: { fieldSelector: string }) => ({
        items: this.events.filter(({ of }) => fieldSelector.includes(String(of))),
      }),
    },
  }
}

function assertThrow(failure: 'target-not-found'): never {
  throw refusal(failure, { target: 'job' })
}

function podOf(uid: string, words: readonly string[], pod: string, owner: object = {}): Thing {
  return {
    metadata: {
      name: pod,
      uid: `uid-of-${pod}`,
      ownerReferences: [{ kind: 'Job', uid, controller: true, ...owner }],
    },
    spec: { containers: [{ name: 'hikeshi', command: words }] },
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'hikeshi', ready: true, state: { running: {} } }],
    },
  }
}

const template = { spec: { containers: [{ name: 'postgres', image: 'postgres:15' }] } }
const made = (namespace: Namespace, withinMs = 20_000) =>
  podOfJob(namespace.kubernetes, context, {
    name,
    statefulSet,
    withinMs,
    make: async () =>
      jobOf(
        { metadata: { name: statefulSet }, spec: { template } } as Parameters<typeof jobOf>[0],
        context,
        { name, statefulSet, command },
        undefined,
      ),
  })

describe('the Job that is ours', () => {
  it('is recorded by its UID on the StatefulSet before anything is run in its pod, and known again', async () => {
    const namespace = new Namespace()
    assert.equal((await made(namespace)).pod, `${name}-1`)
    assert.equal(namespace.annotations[annotation], 'job-1')
    assert.equal((await made(namespace)).pod, `${name}-1`)
    assert.equal(namespace.uids, 1)
  })

  it('is none that only has its name: nothing is run there, and it is not deleted', async () => {
    const namespace = new Namespace()
    namespace.job = { metadata: { name, uid: 'theirs', labels: { app: 'reports' } } }
    namespace.pods = [podOf('theirs', command, 'reports-1')]
    await assert.rejects(made(namespace), (error) => {
      assert.match(String(error), /somebody else has made a Job of this name/)
      return isRefusal(error, 'precondition-failed')
    })
    assert.equal(namespace.asked.includes('delete jobs'), false)
  })

  it('is none that has its name, labels and shape: without a record it goes, and another one is made', async () => {
    const namespace = new Namespace()
    await made(namespace)
    // Somebody has deleted ours, and put the very same there.
    namespace.job = { ...namespace.job, metadata: { ...namespace.job?.metadata, uid: 'forged' } }
    namespace.pods = [podOf('forged', command, 'forged-1')]
    assert.equal((await made(namespace)).pod, `${name}-2`)
    assert.equal(namespace.annotations[annotation], 'job-2')
  })

  it('is the one that was recorded meanwhile, where two workers make one at the same time', async () => {
    const namespace = new Namespace()
    // Ours was deleted, and another worker's is there and recorded before we are.
    namespace.afterCreate = () => {
      namespace.job = { ...namespace.job, metadata: { ...namespace.job?.metadata, uid: 'theirs' } }
      namespace.pods = [podOf('theirs', command, `${name}-theirs`)]
      namespace.annotations[annotation] = 'theirs'
    }
    assert.equal((await made(namespace)).pod, `${name}-theirs`)
    assert.equal(namespace.annotations[annotation], 'theirs')
  })
})

describe('the pod of a Job', () => {
  it('is the one that the Job controls and that runs its command, whatever labels others have', async () => {
    const namespace = new Namespace()
    await made(namespace)
    const ours = namespace.pods
    namespace.pods = [
      podOf('job-1', command, 'not-controlled', { controller: false }),
      podOf('other', command, 'of-another-job'),
      podOf('job-1', command, 'of-a-replica-set', { kind: 'ReplicaSet' }),
      // As the controller adopts it.
      podOf('job-1', ['sh', '-c', 'nc -l 5499'], 'adopted'),
      ...ours,
    ]
    assert.equal((await made(namespace)).pod, `${name}-1`)
  })

  it('may be started by something that a webhook has put before its command', async () => {
    const namespace = new Namespace()
    await made(namespace)
    namespace.pods = [podOf('job-1', ['/vault/env', ...command], 'wrapped')]
    assert.equal((await made(namespace)).pod, 'wrapped')
  })

  it('that waits for a volume of another node is told with what Kubernetes says of it', async () => {
    const namespace = new Namespace()
    await made(namespace)
    const waiting = podOf('job-1', command, 'waiting')
    waiting.status = {
      phase: 'Pending',
      containerStatuses: [{ name: 'hikeshi', state: { waiting: { reason: 'ContainerCreating' } } }],
    }
    namespace.pods = [waiting]
    const event = (reason: string, message: string, lastTimestamp: string) => ({
      of: 'uid-of-waiting',
      reason,
      message,
      lastTimestamp,
      metadata: {},
    })
    const held = 'Multi-Attach error for volume "pvc-1": it is already attached to node node-1'
    namespace.events = [
      event('FailedAttachVolume', held, '2026-11-24T03:01:00Z'),
      event('FailedScheduling', '0/3 nodes are available', '2026-11-24T03:00:00Z'),
      { ...event('Unhealthy', 'of another pod', '2026-11-24T03:02:00Z'), of: 'uid-of-another' },
    ]
    await assert.rejects(made(namespace, 100), (error) => {
      const reason = carriedBy(error)?.params.reason as { readonly en: string }
      assert.match(reason.en, /another node may still have it \(FailedAttachVolume Multi-Attach error/)
      return isRefusal(error, 'job-not-ready')
    })
  })
})
