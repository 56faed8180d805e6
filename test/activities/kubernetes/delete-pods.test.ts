import assert from 'node:assert/strict'
import { holdingLease } from '../../../activities/kubernetes/api/lease.ts'
import { catalogue } from '../../../domain/steps/catalogue.ts'
import { said } from '../../../domain/words.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { openWorld, type World } from './world.ts'

describe('deleting pods', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('pods')
  })
  after(() => world?.close())

  const podsOf = async (name: string) =>
    (await world.pods()).filter((pod) => pod.metadata.labels?.app === name)
  const isCrashing = async (pod: string) => {
    const { status } = await world.cluster.get<{
      status: { conditions?: { type: string; status: string }[] }
    }>(`/api/v1/namespaces/${world.namespace}/pods/${pod}`)
    return status.conditions?.some((c) => c.type === 'Ready' && c.status === 'False') ?? false
  }
  async function crashPods(pods: readonly { readonly metadata: { readonly name: string } }[]): Promise<void> {
    for (const { metadata } of pods) {
      await world.cluster.mergePatch(`/api/v1/namespaces/${world.namespace}/pods/${metadata.name}`, {
        metadata: { labels: { 'hikeshi.lab/crash': 'true' } },
      })
      await until(() => isCrashing(metadata.name), { what: `${metadata.name} to crash`, withinMs: 20_000 })
    }
  }

  it('takes only those that are not Ready, and waits for those that take their place', async () => {
    const hand = world.hands['kubernetes.delete-pods']
    await world.deploy('web', { replicas: 4 })
    const all = await podsOf('web')
    await crashPods(all.slice(0, 2))
    const params = { selector: 'app=web', notReady: true, oneByOne: false }
    const context = world.context('clean')
    const plan = await hand.plan(params, context)
    assert.equal(plan.target, `deployment/${world.namespace}/web`)
    assert.deepEqual(plan.pods, { ready: 0, notReady: 2, ofReady: 2 })
    assert.equal(catalogue['kubernetes.delete-pods'].riskOf?.(plan), 'reversible')
    const done = await hand.run(params, plan, context)
    const verified = await hand.verify(params, plan, done, context)
    assert.equal(verified.ok, true, verified.says.en)
    const kept = (await podsOf('web')).map((pod) => pod.metadata.uid)
    for (const pod of all.slice(2)) assert.ok(kept.includes(pod.metadata.uid), 'a Ready pod was taken')
    assert.equal(kept.length, 4)
  })

  it('deletes each pod once when it is run twice', async () => {
    const hand = world.hands['kubernetes.delete-pods']
    await world.deploy('twice', { replicas: 3 })
    const params = { selector: 'app=twice', notReady: false, oneByOne: false }
    const context = world.context('twice')
    const plan = await hand.plan(params, context)
    assert.deepEqual(plan.pods, { ready: 3, notReady: 0, ofReady: 3 })
    const planned = (plan.change as { pods: { uid: string }[] }).pods.map((pod) => pod.uid).sort()
    const there = (await podsOf('twice')).map((pod) => pod.metadata.uid).sort()
    assert.deepEqual(there, planned, 'planning deletes nothing')
    assert.equal((await hand.run(params, plan, context)).already, false)
    // The Deployment's status still counts the deleted ones for a moment.
    const made = await until(
      async () => {
        const uids = (await podsOf('twice')).map((pod) => pod.metadata.uid).sort()
        return uids.length === 3 && !uids.some((uid) => planned.includes(uid)) && uids
      },
      { what: 'three new pods in their place', withinMs: 30_000 },
    )
    const again = await hand.run(params, plan, context)
    assert.equal(again.already, true)
    assert.deepEqual((await podsOf('twice')).map((pod) => pod.metadata.uid).sort(), made)
  })

  it('leaves a pod alone that has become Ready since the plan', async () => {
    const hand = world.hands['kubernetes.delete-pods']
    await world.deploy('healed', { replicas: 1 })
    const pods = await podsOf('healed')
    const name = pods[0]?.metadata.name ?? ''
    const params = { pod: name, notReady: false, oneByOne: false }
    const plan = await hand.plan(params, world.context('healed'))
    const planned = plan.change as {
      pods: { name: string; uid: string; ready: boolean }[]
      workloads: string[]
    }
    const asNotReady = {
      ...plan,
      change: { ...planned, pods: planned.pods.map((pod) => ({ ...pod, ready: false })) },
    }
    const done = await hand.run(params, asNotReady, world.context('healed'))
    assert.deepEqual(done.after, { deleted: [], gone: [], spared: [name] })
  })

  it('refuses a pod that nothing would make again, and names pods that do not exist', async () => {
    const hand = world.hands['kubernetes.delete-pods']
    await world.cluster.post(`/api/v1/namespaces/${world.namespace}/pods`, {
      metadata: { name: 'alone', labels: { app: 'alone' } },
      spec: { containers: [{ name: 'web', image: 'web:1' }], automountServiceAccountToken: false },
    })
    await assert.rejects(
      hand.plan({ pod: 'alone', notReady: false, oneByOne: false }, world.context()),
      (error) => {
        assert.match(said(carriedBy(error)?.params.reason).en, /no controller/)
        return true
      },
    )
    await assert.rejects(
      hand.plan({ selector: 'app=nobody', notReady: true, oneByOne: false }, world.context()),
      (error) => {
        assert.equal(carriedBy(error)?.name, 'target-not-found')
        return true
      },
    )
  })

  it('leaves pods alone that come up, and says so', async () => {
    await world.cluster.post(world.deployments, {
      metadata: { name: 'rising' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'rising' } },
        template: {
          // The lab's kubelet plays such a pod as one that is being started.
          metadata: { labels: { app: 'rising', 'hikeshi.lab/process': 'nobody' } },
          spec: { containers: [{ name: 'web', image: 'web:1' }], automountServiceAccountToken: false },
        },
      },
    })
    const params = { selector: 'app=rising', notReady: true, oneByOne: false }
    const hand = world.hands['kubernetes.delete-pods']
    const plan = await until(
      async () => {
        if ((await podsOf('rising')).length === 0) return undefined
        return hand.plan(params, world.context())
      },
      { what: 'its pod', withinMs: 20_000 },
    )
    assert.equal(plan.nothingToDo, true)
    assert.match(
      plan.says.en,
      /^No pod to delete: those that are not Ready are starting, waiting or running \(pod rising-/,
    )
    await world.cluster.delete(`${world.deployments}/rising`)
  })

  it('counts no pod that has ended, and is not stopped by one that nothing would make again', async () => {
    await world.deploy('mixed', { replicas: 2 })
    const pods = `/api/v1/namespaces/${world.namespace}/pods`
    const [evicted = ''] = (await podsOf('mixed')).map(({ metadata }) => metadata.name)
    await world.cluster.mergePatch(`${pods}/${evicted}/status`, {
      status: { phase: 'Failed', reason: 'Evicted' },
    })
    const spec = { containers: [{ name: 'web', image: 'web:1' }], automountServiceAccountToken: false }
    await world.cluster.post(pods, { metadata: { name: 'mixed-debug', labels: { app: 'mixed' } }, spec })
    await until(
      async () =>
        (await podsOf('mixed')).length === 4 && (await world.read('mixed')).status.readyReplicas === 2,
      { what: 'a pod in place of the evicted one', withinMs: 20_000 },
    )
    const hand = world.hands['kubernetes.delete-pods']
    const params = { selector: 'app=mixed', notReady: false, oneByOne: false }
    const plan = await until(
      async () => {
        const made = await hand.plan(params, world.context('mixed'))
        return /mixed-debug stays/.test(made.says.en) && made
      },
      { what: 'a plan', withinMs: 20_000 },
    )
    assert.match(
      plan.says.en,
      /^Delete 2 of 3 pods \(2 Ready\): .*; mixed-debug stays: it has no controller to recreate it$/,
    )
    const { text } = await world.hands['kubernetes.pods']({ selector: 'app=mixed' }, world.context())
    const listed = said(text).en.slice(said(text).en.indexOf('NAME'))
    assert.match(listed.trimEnd().split('\n').at(-1) ?? '', new RegExp(`^${evicted} `))
  })

  it('holds the Lease of each workload whose pods go', async () => {
    for (const name of ['left', 'right']) await world.deploy(name, { replicas: 1, labels: { tier: 'both' } })
    const hand = world.hands['kubernetes.delete-pods']
    const params = { selector: 'tier=both', notReady: false, oneByOne: false }
    const plan = await hand.plan(params, world.context('both'))
    assert.equal(plan.target, `pods/${world.namespace}/tier=both`)
    await holdingLease(
      world.kubernetes,
      `deployment/${world.namespace}/right`,
      world.context('other'),
      async () => {
        await assert.rejects(hand.run(params, plan, world.context('both')), (error) => {
          assert.equal(carriedBy(error)?.name, 'target-busy')
          assert.match(said(carriedBy(error)?.params.target).en, /right$/)
          return true
        })
      },
    )
  })

  it('has nothing to do when every pod is Ready', async () => {
    await world.deploy('fine')
    const params = { selector: 'app=fine', notReady: true, oneByOne: false }
    const plan = await world.hands['kubernetes.delete-pods'].plan(params, world.context())
    assert.equal(plan.nothingToDo, true)
  })
})
