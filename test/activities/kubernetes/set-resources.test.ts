import assert from 'node:assert/strict'
import { catalogue } from '../../../domain/steps/catalogue.ts'
import { said } from '../../../domain/words.ts'
import { applyWorkerRights } from '../../../lab/cluster-setup.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { openWorld, type World, workerHands } from './world.ts'

type Amounts = { memory?: string; cpu?: string }
type Params = {
  deployment: string
  container?: string
  limits?: Amounts
  requests?: Amounts
  only?: 'up' | 'down'
}

describe('setting limits and requests', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('resources')
  })
  after(() => world?.close())

  const hand = () => world.hands['kubernetes.set-resources']
  const resourcesOf = async (name: string) =>
    (await world.read(name)).spec.template.spec.containers[0]?.resources
  const asSeeded = (deployment: string): Params => ({
    deployment,
    limits: { memory: '6Gi' },
    requests: { memory: '2Gi' },
  })
  async function reasonOf(params: Params): Promise<string> {
    let reason = ''
    await assert.rejects(hand().plan(params, world.context('refused')), (error) => {
      const found = carriedBy(error)
      assert.equal(found?.name, 'precondition-failed')
      reason = said(found?.params.reason).en
      return true
    })
    return reason
  }

  it('changes what is named, keeps the rest, and waits for the new pods', async () => {
    const resources = { limits: { memory: '2Gi', cpu: '2' }, requests: { memory: '1Gi', cpu: '100m' } }
    await world.deploy('web', { resources })
    const context = world.context('web')
    const params = asSeeded('web')
    const plan = await hand().plan(params, context)
    assert.equal(
      plan.says.en,
      'Set limits memory=6Gi, requests memory=2Gi on web (web), which replaces its 2 pods; before: web: limits cpu=2 memory=2Gi, requests cpu=100m memory=1Gi',
    )
    assert.deepEqual(await resourcesOf('web'), resources, 'planning changes nothing')
    const done = await hand().run(params, plan, context)
    assert.equal(done.already, false)
    const verified = await hand().verify(params, plan, done, context)
    assert.equal(verified.ok, true, verified.says.en)
    assert.deepEqual(await resourcesOf('web'), {
      limits: { memory: '6Gi', cpu: '2' },
      requests: { memory: '2Gi', cpu: '100m' },
    })
    const { annotations } = (await world.read('web')).metadata
    assert.equal(annotations?.['hikeshi.dev/step-run'], 'shodo-42/web')
    const again = await hand().plan(params, world.context('again'))
    assert.equal(again.nothingToDo, true)
    const other = await hand().plan(
      { deployment: 'web', limits: { memory: '6144Mi' } },
      world.context('again'),
    )
    assert.equal(other.nothingToDo, true, 'the same amount in other letters')
  })

  it('goes no other way than it is told: 8 GiB are not raised to 6', async () => {
    await world.deploy('large', { resources: { limits: { memory: '8Gi' }, requests: { memory: '1Gi' } } })
    const up = { ...asSeeded('large'), only: 'up' } as const
    const plan = await hand().plan(up, world.context('up'))
    assert.match(plan.says.en, /^Set limits memory=6Gi, requests memory=2Gi \(only up\) on large/)
    await hand().run(up, plan, world.context('up'))
    await world.settled('large', 2)
    assert.deepEqual(await resourcesOf('large'), { limits: { memory: '8Gi' }, requests: { memory: '2Gi' } })
    const again = await hand().plan(up, world.context('again'))
    assert.equal(again.nothingToDo, true)
    assert.match(again.says.en, /^large already has limits memory=6Gi, requests memory=2Gi or more \(web: /)
    await world.deploy('unbound')
    const unlimited = { deployment: 'unbound', limits: { memory: '6Gi' }, only: 'up' } as const
    assert.equal(
      (await hand().plan(unlimited, world.context())).nothingToDo,
      true,
      'no limit is more than any',
    )
    const less = { deployment: 'unbound', requests: { memory: '512Mi' }, only: 'down' } as const
    assert.equal((await hand().plan(less, world.context())).nothingToDo, true, 'it asks for nothing')
  })

  it('changes once when the worker dies between patch and report', async () => {
    await world.deploy('twice')
    const context = world.context('twice')
    const params = asSeeded('twice')
    const plan = await hand().plan(params, context)
    const both = await Promise.all([hand().run(params, plan, context), hand().run(params, plan, context)])
    assert.deepEqual(both.map(({ already }) => already).sort(), [false, true])
    await world.settled('twice', 2)
    const { annotations } = (await world.read('twice')).metadata
    assert.equal(annotations?.['deployment.kubernetes.io/revision'], '2')
  })

  it('is undone by going back to the template that was live before', async () => {
    await world.deploy('back', { resources: { limits: { memory: '1Gi' } } })
    const context = world.context('there')
    const params = asSeeded('back')
    const plan = await hand().plan(params, context)
    await hand().run(params, plan, context)
    await world.settled('back', 2)
    const undo = catalogue['kubernetes.set-resources'].undo(params, plan)
    assert.ok('kind' in undo && undo.kind === 'kubernetes.rollout-undo')
    const back = { deployment: 'back', toTemplate: String(undo.with.toTemplate) }
    const backPlan = await world.hands['kubernetes.rollout-undo'].plan(back, world.context('back'))
    await world.hands['kubernetes.rollout-undo'].run(back, backPlan, world.context('back'))
    assert.deepEqual(await resourcesOf('back'), { limits: { memory: '1Gi' } })
  })

  it('does nothing when somebody else has deployed since the plan', async () => {
    await world.deploy('changed')
    const context = world.context('changed')
    const plan = await hand().plan(asSeeded('changed'), context)
    await world.rollOut('changed', { image: 'web:2' })
    await assert.rejects(hand().run(asSeeded('changed'), plan, context), (error) => {
      assert.equal(carriedBy(error)?.name, 'target-changed')
      return true
    })
    assert.deepEqual(await resourcesOf('changed'), {})
  })

  it('refuses what cannot be: too much for the limit that stays, for every node, an unknown container, a paused deployment', async () => {
    await world.deploy('refusing', { resources: { limits: { memory: '1Gi' } } })
    assert.match(
      await reasonOf({ deployment: 'refusing', requests: { memory: '2Gi' } }),
      /container web would request 2Gi of memory, more than its limit 1Gi; set both/,
    )
    assert.match(
      await reasonOf({ deployment: 'refusing', limits: { memory: '5Ti' }, requests: { cpu: '2' } }),
      /such a pod fits on no node: it requests memory 5120Gi and cpu 2, the largest node has memory 4096Gi and cpu 512/,
    )
    assert.match(
      await reasonOf({ ...asSeeded('refusing'), container: 'sidecar' }),
      /no container sidecar; it has web/,
    )
    await world.cluster.mergePatch(`${world.deployments}/refusing`, { spec: { paused: true } })
    assert.match(await reasonOf(asSeeded('refusing')), /paused/)
  })

  it('says early that no node has room for the new pods, and what there is meanwhile', async () => {
    await world.deploy('huge', { replicas: 3 })
    const context = world.context('huge')
    const params = { deployment: 'huge', limits: { memory: '3Ti' }, requests: { memory: '3Ti' } }
    const plan = await hand().plan(params, context)
    const done = await hand().run(params, plan, context)
    const verified = await hand().verify(params, plan, done, context)
    assert.equal(verified.ok, false)
    assert.match(
      verified.says.en,
      /^huge: no room: 1 of 3 new pods cannot start \(pod huge-\S+: Pending \(0\/2 nodes are available: 2 Insufficient memory.*\)\)\. The change was made; 2 new and 1 old pods are Ready/,
    )
    await world.cluster.delete(`${world.deployments}/huge`)
  })

  it('says early that a quota forbids the new pods', async () => {
    await world.deploy('bounded', { resources: { limits: { memory: '1Gi' } } })
    const quotas = `/api/v1/namespaces/${world.namespace}/resourcequotas`
    const params = { deployment: 'bounded', limits: { memory: '2Gi' } }
    const context = world.context('bounded')
    const plan = await hand().plan(params, context)
    await world.cluster.post(quotas, {
      metadata: { name: 'small' },
      spec: { hard: { 'limits.memory': '1Gi' } },
    })
    // No controller of the lab counts quotas, so their first count is written here.
    await world.cluster.mergePatch(`${quotas}/small/status`, {
      status: { hard: { 'limits.memory': '1Gi' }, used: { 'limits.memory': '1Gi' } },
    })
    try {
      const done = await hand().run(params, plan, context)
      const verified = await hand().verify(params, plan, done, context)
      assert.equal(verified.ok, false)
      assert.match(
        verified.says.en,
        /refused by the namespace's quota: 2 of 2 new pods cannot be created \(.*exceeded quota: small/,
      )
    } finally {
      await world.cluster.delete(`${quotas}/small`)
    }
  })

  it('says in the plan that it was not checked where the worker may not look at nodes', async () => {
    const binding = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/hikeshi-nodes-shodo'
    const context = { ...world.context('blind'), namespace: 'shodo' }
    const plan = () =>
      workerHands(world.lab)['kubernetes.set-resources'].plan(asSeeded('shodo-backend'), context)
    assert.doesNotMatch((await plan()).says.en, /not checked/)
    await world.cluster.delete(binding)
    try {
      const blind = await until(async () => /not checked/.test((await plan()).says.en) && plan(), {
        what: 'the right to be gone',
        withinMs: 10_000,
      })
      assert.match(blind.says.en, /the worker may not list nodes \(deploy\/kubernetes\/rbac-nodes\.yaml\)/)
      assert.match(blind.says.ja, /ノードに収まるかは未確認です/)
    } finally {
      await applyWorkerRights(world.cluster)
    }
  })
})
