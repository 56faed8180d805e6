/** Plans that people approved, as the hands plan the same again right before the deed. */
import assert from 'node:assert/strict'
import { differenceOf } from '../../../domain/approval/same-plan.ts'
import type { ChangeHand, Plan, StepContext } from '../../../domain/steps/contract.ts'
import { skipWithout } from '../../lab/skip.ts'
import { openWorld, type World } from './world.ts'

describe('a plan that people approved', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('approved')
  })
  after(() => world?.close())

  const later = (context: StepContext): StepContext => ({ ...context, nowMs: context.nowMs + 60_000 })
  const otherwise = async <P>(hand: ChangeHand<P>, params: P, told: Plan, context: StepContext) =>
    differenceOf(told, await hand.plan(params, later(context), told))?.en
  const scaled = (name: string, replicas: number) =>
    world.cluster.jsonPatch(`${world.deployments}/${name}`, [
      { op: 'replace', path: '/spec/replicas', value: replicas },
    ])
  const changed = (plan: Plan, change: object): Plan => ({
    ...plan,
    change: { ...(plan.change as object), ...change },
  })

  /** The same as long as it is not done, then known as done; never what a forger made of it. */
  async function heldTo<P>(
    hand: ChangeHand<P>,
    params: P,
    step: string,
    lies: (plan: Plan) => readonly Plan[],
  ) {
    const context = world.context(step)
    const plan = await hand.plan(params, context)
    assert.equal(await otherwise(hand, params, plan, context), undefined)
    assert.equal(await hand.isDone?.(params, plan, later(context)), false)
    const harmless = { ...plan, says: { en: 'Just look', ja: '見るだけ' } }
    for (const lie of [harmless, { ...plan, target: 'deployment/shodo/x' }, ...lies(plan)])
      assert.ok(await otherwise(hand, params, lie, context), JSON.stringify(lie))
    await hand.run(params, plan, later(context))
    assert.equal(await hand.isDone?.(params, plan, later(context)), true)
    return plan
  }

  it('to scale a Deployment is held to its words', async () => {
    await world.deploy('scale', { replicas: 1 })
    const params = { deployment: 'scale', replicas: 2 }
    await heldTo(world.hands['kubernetes.scale'], params, 'scale', (plan) => [
      changed(plan, { replicas: 9 }),
      changed(plan, { autoscaler: 'x' }),
    ])
  })

  it('to restart it, or to set its resources, stays the same while it has other pods', async () => {
    await world.deploy('pods', { replicas: 2 })
    const restart = world.hands['kubernetes.rollout-restart']
    const context = world.context('restart')
    const plan = await restart.plan({ deployment: 'pods' }, context)
    const limits = { deployment: 'pods', limits: { memory: '64Mi' } }
    const set = world.hands['kubernetes.set-resources']
    const more = await set.plan(limits, context)
    await scaled('pods', 3)
    assert.equal(await otherwise(restart, { deployment: 'pods' }, plan, context), undefined)
    assert.equal(await otherwise(set, limits, more, context), undefined)
    const few = { ...more, says: { ...more.says, en: more.says.en.replace('2 pods', '0 pods') } }
    assert.ok(await otherwise(set, limits, few, context))
    await heldTo(restart, { deployment: 'pods' }, 'again', (own) => [changed(own, { restartedAt: 'never' })])
    await heldTo(set, limits, 'set', () => [])
  })

  it('to roll it back goes to the revision of its words, whoever fails meanwhile', async () => {
    await world.deploy('undo')
    await world.rollOut('undo', { image: 'shodo/backend:2' })
    const undo = world.hands['kubernetes.rollout-undo']
    const sets = await world.replicaSets()
    await heldTo(undo, { deployment: 'undo' }, 'undo', (plan) =>
      sets
        .filter(({ metadata }) => metadata.uid !== (plan.change as { replicaSetUid: string }).replicaSetUid)
        .map(({ metadata }) => changed(plan, { replicaSetUid: metadata.uid })),
    )
  })

  it('to delete pods names none but those that are meant, though some are gone', async () => {
    await world.deploy('web', { replicas: 3 })
    await world.deploy('vault', { replicas: 1 })
    const hand = world.hands['kubernetes.delete-pods']
    const params = { selector: 'app=web', notReady: false, oneByOne: false }
    const context = world.context('delete')
    const plan = await hand.plan(params, context)
    assert.equal(await otherwise(hand, params, plan, context), undefined)
    const vault = (await world.pods()).find(({ metadata }) => metadata.labels?.app === 'vault')?.metadata
    const { pods, workloads } = plan.change as { pods: { name: string }[]; workloads: object[] }
    const stolen = { name: vault?.name ?? '', uid: vault?.uid ?? '', ready: true }
    const lies = [
      changed(plan, { pods: [...pods.slice(0, 2), stolen] }),
      changed(plan, { pods: [...pods.slice(0, 2), { ...stolen, ready: false }] }),
      changed(plan, { workloads: workloads.map((one) => ({ ...one, planned: 9 })) }),
      changed(plan, { oneByOne: true }),
      {
        ...plan,
        says: { ...plan.says, en: plan.says.en.replace('3 of 3 pods', '3 of 40 pods') },
        before: { ready: 40, pods: 40 },
      },
    ]
    for (const lie of lies) assert.ok(await otherwise(hand, params, lie, context), JSON.stringify(lie))
    await world.cluster.delete(`/api/v1/namespaces/${world.namespace}/pods/${pods[0]?.name}`)
    assert.equal(await otherwise(hand, params, plan, context), undefined, 'one of them is gone')
    await hand.run(params, plan, later(context))
    assert.equal(await hand.isDone?.(params, plan, later(context)), true)
  })

  it('to run a program goes into the pod of its words, though another one comes first by now', async function () {
    skipWithout(this, world.lab, 'exec')
    await world.deploy('exec', { replicas: 2 })
    const hand = world.hands['kubernetes.exec']
    const params = { deployment: 'exec', argv: ['true'], within: 10_000 }
    const plan = await hand.plan(params, world.context('first'))
    const other = (await world.pods()).find(
      ({ metadata }) =>
        metadata.labels?.app === 'exec' && metadata.name !== (plan.change as { pod: string }).pod,
    )?.metadata
    const second = await hand.plan(
      { ...params, deployment: undefined, pod: other?.name },
      world.context('pod'),
    )
    const chosen = { ...second, target: plan.target }
    assert.equal(await otherwise(hand, params, chosen, world.context('pod')), undefined)
    await heldTo(hand, params, 'exec', (own) => [
      changed(own, { argv: ['id'] }),
      changed(own, { container: 'vault-agent' }),
      changed(own, { uid: 'another' }),
      changed(own, { marker: 'another' }),
    ])
  })
})
