import assert from 'node:assert/strict'
import { catalogue } from '../../../domain/steps/catalogue.ts'
import { said } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { openWorld, type World } from './world.ts'

describe('scaling a deployment', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('scale')
  })
  after(() => world?.close())

  it('sets the number, waits until all are there, and its undo brings the old number back', async () => {
    const hand = world.hands['kubernetes.scale']
    await world.deploy('web', { replicas: 3 })
    const params = { deployment: 'web', replicas: 8 }
    const plan = await hand.plan(params, world.context('out'))
    assert.equal(plan.says.en, 'Scale web from 3 to 8 replicas')
    assert.deepEqual(plan.pods, { ready: 0, notReady: 0, ofReady: 3 })
    assert.equal((await world.read('web')).spec.replicas, 3, 'planning changes nothing')
    const done = await hand.run(params, plan, world.context('out'))
    const verified = await hand.verify(params, plan, done, world.context('out'))
    assert.equal(verified.ok, true, verified.says.en)
    assert.equal((await world.read('web')).status.readyReplicas, 8)

    const undo = catalogue['kubernetes.scale'].undo(params, plan)
    assert.ok('kind' in undo)
    const back = undo.with as typeof params
    const backPlan = await hand.plan(back, world.context('back'))
    assert.deepEqual(backPlan.pods, { ready: 5, notReady: 0, ofReady: 8 })
    await hand.run(back, backPlan, world.context('back'))
    await world.settled('web', 3)
  })

  it('is done once when it is run twice, and not again after a person has chosen another number', async () => {
    const hand = world.hands['kubernetes.scale']
    await world.deploy('twice')
    const params = { deployment: 'twice', replicas: 4 }
    const context = world.context('twice')
    const plan = await hand.plan(params, context)
    assert.equal((await hand.run(params, plan, context)).already, false)
    assert.equal((await hand.run(params, plan, context)).already, true)
    for (const chosen of [6, 2]) {
      await world.cluster.mergePatch(`${world.deployments}/twice`, { spec: { replicas: chosen } })
      await assert.rejects(hand.run(params, plan, context), (error) => {
        assert.equal(carriedBy(error)?.name, 'target-changed')
        return true
      })
      assert.equal((await world.read('twice')).spec.replicas, chosen)
    }
  })

  it('has nothing to do at the wanted number', async () => {
    await world.deploy('same')
    const params = { deployment: 'same', replicas: 2 }
    const plan = await world.hands['kubernetes.scale'].plan(params, world.context())
    assert.equal(plan.nothingToDo, true)
  })

  it('goes no other way than it is told: 12 replicas are not scaled out to 8', async () => {
    const hand = world.hands['kubernetes.scale']
    await world.deploy('grown', { replicas: 12 })
    const params = { deployment: 'grown', replicas: 8, only: 'up' } as const
    const plan = await hand.plan(params, world.context())
    assert.equal(plan.nothingToDo, true)
    assert.equal(plan.says.en, 'grown already has 12 replicas, more than 8: nothing to do')
    assert.deepEqual(plan.pods, { ready: 0, notReady: 0, ofReady: 12 })
    const down = await hand.plan({ ...params, only: 'down' }, world.context('down'))
    assert.equal(down.nothingToDo, false)
    await world.deploy('small', { replicas: 2 })
    const up = { ...params, deployment: 'small', replicas: 3 }
    const upPlan = await hand.plan(up, world.context('up'))
    const done = await hand.run(up, upPlan, world.context('up'))
    await world.cluster.mergePatch(`${world.deployments}/small`, { spec: { replicas: 4 } })
    const verified = await hand.verify(up, upPlan, done, world.context('up'))
    assert.equal(verified.ok, true, 'more than was wanted is no other rollout')
  })

  it('says before anybody is asked who else sets the number, and refuses what an autoscaler would put back at once', async () => {
    const hand = world.hands['kubernetes.scale']
    await world.deploy('auto', { replicas: 2 })
    const scalers = `/apis/autoscaling/v2/namespaces/${world.namespace}/horizontalpodautoscalers`
    await world.cluster.post(scalers, {
      metadata: { name: 'auto-hpa' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'auto' },
        minReplicas: 2,
        maxReplicas: 5,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
          },
        ],
      },
    })
    const within = await hand.plan({ deployment: 'auto', replicas: 4 }, world.context())
    assert.match(
      within.says.en,
      /^Scale auto from 2 to 4 replicas; the autoscaler auto-hpa \(2 to 5\) also sets its replicas/,
    )
    await assert.rejects(hand.plan({ deployment: 'auto', replicas: 8 }, world.context()), (error) => {
      assert.match(said(carriedBy(error)?.params.reason).en, /auto-hpa keeps it between 2 and 5 replicas/)
      return true
    })
    for (const [name, labels, keeper] of [
      ['argo', { 'app.kubernetes.io/managed-by': 'argocd' }, /Argo CD manages it/],
      ['flux', { 'kustomize.toolkit.fluxcd.io/name': 'apps' }, /Flux manages it/],
    ] as const) {
      await world.deploy(name, { replicas: 1 })
      await world.cluster.mergePatch(`${world.deployments}/${name}`, { metadata: { labels } })
      assert.match((await hand.plan({ deployment: name, replicas: 2 }, world.context())).says.en, keeper)
      const restart = world.hands['kubernetes.rollout-restart']
      assert.match((await restart.plan({ deployment: name }, world.context())).says.en, keeper)
    }
  })

  it('takes a deployment of the same name that was recreated for another one', async () => {
    const hand = world.hands['kubernetes.scale']
    await world.deploy('anew')
    const params = { deployment: 'anew', replicas: 4 }
    const plan = await hand.plan(params, world.context('anew'))
    await world.cluster.delete(`${world.deployments}/anew`)
    await world.deploy('anew')
    await assert.rejects(hand.run(params, plan, world.context('anew')), (error) => {
      assert.match(said(carriedBy(error)?.params.difference).en, /deleted and recreated/)
      return true
    })
  })
})

describe('restarting a deployment', () => {
  let world: World
  before(async () => {
    world = await openWorld('restart')
  })
  after(() => world?.close())

  it('replaces every pod once, also when it is run twice, and leaves an undoable template behind', async () => {
    const hand = world.hands['kubernetes.rollout-restart']
    await world.deploy('web')
    const old = new Set((await world.pods()).map((pod) => pod.metadata.uid))
    const params = { deployment: 'web' }
    const context = world.context('restart')
    const plan = await hand.plan(params, context)
    const done = await hand.run(params, plan, context)
    assert.equal(done.already, false)
    assert.equal((await hand.run(params, plan, context)).already, true)
    const verified = await hand.verify(params, plan, done, context)
    assert.equal(verified.ok, true, verified.says.en)
    assert.ok((await world.pods()).every((pod) => !old.has(pod.metadata.uid)))
    assert.equal((await world.replicaSets()).length, 2)
    const undo = catalogue['kubernetes.rollout-restart'].undo(params, plan)
    assert.ok('kind' in undo && undo.kind === 'kubernetes.rollout-undo')
  })

  it('refuses a paused deployment', async () => {
    await world.deploy('paused')
    await world.cluster.mergePatch(`${world.deployments}/paused`, { spec: { paused: true } })
    await assert.rejects(
      world.hands['kubernetes.rollout-restart'].plan({ deployment: 'paused' }, world.context()),
      (error) => {
        assert.equal(carriedBy(error)?.name, 'precondition-failed')
        return true
      },
    )
  })
})
