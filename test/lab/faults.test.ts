import assert from 'node:assert/strict'
import { askHealth } from '../../lab/faults/health.ts'
import { breakLab, healLab, type Lab, labStatus } from '../../lab/index.ts'
import { isReady, type Pod, podsOf, rolledOut } from '../../lab/shodo/rollout.ts'
import { until } from '../../lab/waiting.ts'
import { sharedLab } from './shared.ts'
import { skipWithout } from './skip.ts'

type Waiting = {
  status: { containerStatuses: { restartCount: number; state: { waiting?: { reason: string } } }[] }
}

describe('the faults of the lab', () => {
  let lab: Lab

  before(async () => {
    lab = await sharedLab()
    await healLab(lab)
  })

  afterEach(async () => {
    await healLab(lab)
    await assertWell()
  })

  async function assertWell(): Promise<void> {
    assert.deepEqual(await codes('backend', 6), [200, 200, 200, 200, 200, 200])
    assert.deepEqual((await labStatus(lab.name)).faults, [])
    const pods = await podsOf(lab.cluster())
    assert.equal(pods.length, 6)
    assert.ok(pods.every(isReady))
  }

  async function codes(service: 'backend' | 'frontend' | 'ai-server', times: number) {
    const seen: (number | undefined)[] = []
    for (let i = 0; i < times; i++) seen.push((await askHealth(lab, service))?.code)
    return seen
  }

  // Through the API and not with kubectl, which not every machine has.
  const backend = '/apis/apps/v1/namespaces/shodo/deployments/shodo-backend'
  const pods = '/api/v1/namespaces/shodo/pods'

  /** What `kubectl rollout undo` does: the template of the revision before becomes the newest one. */
  async function undoRollout(): Promise<void> {
    type Set = { metadata: { annotations: Record<string, string> }; spec: { template: Template } }
    type Template = { metadata: { labels: Record<string, string> } }
    const sets = '/apis/apps/v1/namespaces/shodo/replicasets?labelSelector=app%3Dshodo-backend'
    const { items } = await lab.cluster().get<{ items: Set[] }>(sets)
    const revision = (set: Set) => Number(set.metadata.annotations['deployment.kubernetes.io/revision'])
    const [, previous] = items.toSorted((a, b) => revision(b) - revision(a))
    assert.ok(previous)
    const { 'pod-template-hash': _, ...labels } = previous.spec.template.metadata.labels
    const value = { ...previous.spec.template, metadata: { ...previous.spec.template.metadata, labels } }
    await lab.cluster().jsonPatch(backend, [{ op: 'replace', path: '/spec/template', value }])
    await rolledOut(lab.cluster())
  }

  async function logOf(pod?: Pod): Promise<string> {
    return lab.cluster().get<string>(`${pods}/${pod?.metadata.name}/log?tailLines=100`)
  }

  function scaleTo(replicas: number): Promise<void> {
    return lab.cluster().mergePatch(`${backend}/scale`, { spec: { replicas } })
  }

  it('bad-deploy puts every backend pod of a new revision into CrashLoopBackOff; rollout undo heals it', async () => {
    await breakLab(lab, 'bad-deploy')
    assert.deepEqual(await codes('backend', 3), [503, 503, 503])
    assert.deepEqual(await codes('frontend', 2), [200, 200])
    const broken = (await podsOf(lab.cluster(), 'backend')) as (Pod & Waiting)[]
    assert.equal(broken.length, 3)
    for (const { status } of broken) {
      assert.equal(status.phase, 'Running')
      assert.equal(status.containerStatuses[0]?.state.waiting?.reason, 'CrashLoopBackOff')
      assert.ok((status.containerStatuses[0]?.restartCount ?? 0) >= 1)
    }
    const log = await logOf(broken[0])
    assert.match(log, /ERROR \[shodo-backend\] worker failed to boot/)
    assert.match(log, /CRITICAL /)
    await undoRollout()
    await until(async () => (await codes('backend', 3)).every((code) => code === 200), {
      what: 'health after the undo',
      withinMs: 5_000,
    })
  })

  it('bad-deploy is not healed by deleting its pods', async () => {
    await breakLab(lab, 'bad-deploy')
    await lab.cluster().delete(`${pods}?labelSelector=app%3Dshodo-backend`)
    await until(
      async () => {
        const pods = await podsOf(lab.cluster(), 'backend')
        return pods.length === 3 && !pods.some(isReady)
      },
      { what: 'the new pods to crash as well', withinMs: 10_000 },
    )
  })

  it('a crashing pod is restarted again and again', async () => {
    await breakLab(lab, 'bad-deploy')
    const restarts = async () => {
      const pods = (await podsOf(lab.cluster(), 'backend')) as unknown as Waiting[]
      return Math.max(...pods.map((pod) => pod.status.containerStatuses[0]?.restartCount ?? 0))
    }
    await until(async () => (await restarts()) >= 2, { what: 'a second restart', withinMs: 15_000 })
  })

  it('dead takes every pod of every service down; deleting them brings good ones', async () => {
    await breakLab(lab, 'dead')
    for (const service of ['backend', 'frontend', 'ai-server'] as const) {
      assert.deepEqual(await codes(service, 2), [503, 503])
    }
    await lab.cluster().delete(pods)
    await until(async () => (await codes('backend', 3)).every((code) => code === 200), {
      what: 'health after the deletion',
      withinMs: 10_000,
    })
  })

  it('some pods not Ready mean that share of failures, in turn', async () => {
    await breakLab(lab, 'dead')
    const [one] = await podsOf(lab.cluster(), 'backend')
    assert.ok(one)
    await lab.cluster().delete(`${pods}/${one.metadata.name}`)
    await until(async () => (await podsOf(lab.cluster(), 'backend')).filter(isReady).length === 1, {
      what: 'one good pod',
      withinMs: 10_000,
    })
    await until(async () => (await codes('backend', 3)).includes(200), {
      what: 'a good answer',
      withinMs: 5_000,
    })
    const seen = await codes('backend', 9)
    assert.equal(seen.filter((code) => code === 503).length, 6)
  })

  it('errors fails every second request of Ready pods until a restart has replaced them', async () => {
    await breakLab(lab, 'errors')
    assert.equal((await codes('backend', 6)).filter((code) => code === 500).length, 3)
    const [pod] = await podsOf(lab.cluster(), 'backend')
    await until(async () => /ERROR .*connection pool/.test(await logOf(pod)), {
      what: 'the error in the log',
      withinMs: 5_000,
    })
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() }
    await lab.cluster().mergePatch(backend, { spec: { template: { metadata: { annotations } } } })
    await rolledOut(lab.cluster())
    await until(async () => (await codes('backend', 4)).every((code) => code === 200), {
      what: 'health after the restart',
      withinMs: 5_000,
    })
  })

  it('slow keeps the backend waiting until 8 pods are Ready, and again when they are fewer', async () => {
    await breakLab(lab, 'slow')
    const tookMs = async () => (await askHealth(lab))?.tookMs ?? Number.POSITIVE_INFINITY
    assert.ok((await tookMs()) >= 1_500)
    await scaleTo(8)
    await until(async () => (await tookMs()) < 500, { what: 'a quick answer', withinMs: 10_000 })
    await scaleTo(3)
    await until(async () => (await tookMs()) >= 1_500, { what: 'a slow answer', withinMs: 10_000 })
  })

  it('oom kills the backend again and again, new pods too, until the memory limit is at least 4Gi', async () => {
    await breakLab(lab, 'oom')
    type Status = Pod['status']
    const kills = ({ status }: { status: Status }) =>
      (status.containerStatuses ?? []).filter((c) => c.lastState?.terminated?.reason === 'OOMKilled')
    const restarts = async () => {
      const all = await podsOf(lab.cluster(), 'backend')
      return Math.max(...all.flatMap(kills).map(({ restartCount }) => restartCount))
    }
    await until(async () => (await restarts()) >= 2, { what: 'a second kill', withinMs: 25_000 })
    await lab.cluster().delete(`${pods}?labelSelector=app%3Dshodo-backend`)
    await until(
      async () => {
        const all = await podsOf(lab.cluster(), 'backend')
        return all.length === 3 && all.every((pod) => kills(pod).length > 0)
      },
      { what: 'the new pods to be killed as well', withinMs: 20_000 },
    )
    const resources = { requests: { cpu: '100m', memory: '2Gi' }, limits: { memory: '6Gi' } }
    const path = '/spec/template/spec/containers/0/resources'
    await lab.cluster().jsonPatch(backend, [{ op: 'replace', path, value: resources }])
    await rolledOut(lab.cluster())
    for (const pod of await podsOf(lab.cluster(), 'backend')) {
      assert.ok(isReady(pod))
      assert.equal(pod.metadata.labels?.['hikeshi.lab/oom'], undefined)
    }
  })

  it('pending leaves a backend pod without a node; scaling out only makes more of them', async () => {
    await breakLab(lab, 'pending')
    const unscheduled = async () =>
      (await podsOf(lab.cluster(), 'backend')).filter(({ status }) =>
        status.conditions?.some((c) => c.type === 'PodScheduled' && c.reason === 'Unschedulable'),
      )
    const waiting = await unscheduled()
    assert.equal(waiting.length, 1)
    assert.equal(waiting[0]?.status.phase, 'Pending')
    // The others take over once the pod that was to be replaced is gone.
    await until(async () => (await codes('backend', 4)).every((code) => code === 200), {
      what: 'the others to serve',
      withinMs: 10_000,
    })
    await scaleTo(5)
    await until(async () => (await unscheduled()).length === 3, { what: 'more that wait', withinMs: 10_000 })
  })

  it('hung-health accepts the connection and never answers', async () => {
    await breakLab(lab, 'hung-health')
    assert.equal(await askHealth(lab, 'backend', 1_500), undefined)
    assert.equal((await fetch(`${lab.appUrl}/live`)).status, 200)
  })

  it('forbidden takes just the right to patch deployments from the worker', async () => {
    const may = async (verb: string, group: string, resource: string, namespace = 'shodo') => {
      const resourceAttributes = { verb, group, resource, namespace }
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      }
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
      return (await lab.workerCluster().post<{ status: { allowed: boolean } }>(path, body)).status.allowed
    }
    assert.equal(await may('patch', 'apps', 'deployments'), true)
    await breakLab(lab, 'forbidden')
    assert.equal(await may('patch', 'apps', 'deployments'), false)
    assert.equal(await may('delete', '', 'pods'), true)
    await healLab(lab)
    assert.equal(await may('patch', 'apps', 'deployments'), true)
    assert.equal(await may('create', 'apps', 'deployments'), false)
    assert.equal(await may('list', '', 'pods', 'default'), false)
  })

  it('table-dropped takes the table and its rows; heal brings both back, and leaves whole tables alone', async function () {
    skipWithout(this, lab, 'postgres')
    const { primary } = lab.databases
    const [before] = await primary('select count(*)::int as orders, sum(total)::int as total from orders')
    assert.equal(before?.orders, 300)
    await breakLab(lab, 'table-dropped')
    await assert.rejects(primary('select from orders'), /relation "orders" does not exist/)
    await healLab(lab)
    const own = 'select count(*)::int as orders, sum(total)::int as total from orders'
    assert.deepEqual(await primary(own), [before])
    await assert.rejects(primary('insert into order_items (order_id, work, price) values (0, 1, 1)'), /fkey/)
    const [added] = await primary("insert into orders (customer, total) values ('kept', 1) returning id")
    await healLab(lab)
    assert.equal((await primary('delete from orders where id = $1 returning id', [added?.id])).length, 1)
  })

  it('heal also revives parts that were killed or stopped, and sweeps Leases', async () => {
    const lease = { metadata: { name: 'left-by-a-dead-worker' }, spec: { holderIdentity: 'nobody' } }
    await lab.workerCluster().post('/apis/coordination.k8s.io/v1/namespaces/shodo/leases', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      ...lease,
    })
    await lab.kill('app')
    await lab.kill('kwok')
    await lab.kill('kube-apiserver', 'SIGSTOP')
    await healLab(lab)
    assert.equal((await labStatus(lab.name)).state, 'up')
    const { items } = await lab
      .cluster()
      .get<{ items: unknown[] }>('/apis/coordination.k8s.io/v1/namespaces/shodo/leases')
    assert.deepEqual(items, [])
  })

  it('several faults at once are healed together', async () => {
    await breakLab(lab, 'slow')
    await breakLab(lab, 'bad-deploy')
    assert.deepEqual((await labStatus(lab.name)).faults, ['slow', 'bad-deploy'])
  })
})
