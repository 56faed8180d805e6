import assert from 'node:assert/strict'
import { awaitRollout } from '../../../activities/kubernetes/deployments/rolled-out.ts'
import { failures } from '../../../domain/failures.ts'
import { said } from '../../../domain/words.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { openWorld, type World } from './world.ts'

describe('the time that a rollout has', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('patience')
  })
  after(() => world?.close())

  /** The lab's kubelet plays such a pod as one that is being started, for ever. */
  const neverReady = { 'hikeshi.lab/process': 'nobody' }
  const deadline = (name: string, progressDeadlineSeconds: number) =>
    world.cluster.mergePatch(`${world.deployments}/${name}`, { spec: { progressDeadlineSeconds } })
  const exceeded = (name: string) => {
    let nudges = 0
    return until(
      async () => {
        const { status } = await world.cluster.get<{
          status: { conditions?: readonly { type: string; reason?: string; message?: string }[] }
        }>(`${world.deployments}/${name}`)
        const progress = status.conditions?.find(({ type }) => type === 'Progressing')
        if (progress?.reason === 'ProgressDeadlineExceeded') return true
        // The controller looks again when the deadline is over, or when anything of the Deployment changes: one look can be lost. Where it
        // lost that there is a new ReplicaSet, it takes the rollout for complete until there is another one.
        nudges += 1
        const metadata = { annotations: { 'hikeshi.lab/nudge': String(nudges) } }
        const isLost = progress?.reason === 'NewReplicaSetAvailable' && nudges % 5 === 0
        const nudge = isLost ? { spec: { template: { metadata } } } : { metadata }
        await world.cluster.mergePatch(`${world.deployments}/${name}`, nudge)
        throw new Error(`${progress?.reason}: ${progress?.message}`)
      },
      { what: `${name} to exceed its deadline`, withinMs: 30_000, everyMs: 1_000 },
    )
  }

  it('goes on beyond one attempt while the Deployment gives it time: it is looked at again, and is not failed', async () => {
    await world.deploy('slow', { image: 'web:1' })
    await world.beginRollOut('slow', { image: 'web:2', labels: neverReady })
    await assert.rejects(
      awaitRollout(world.kubernetes, world.context('slow'), 'slow', {
        strays: () => undefined,
        withinMs: 2_000,
      }),
      (error) => {
        const found = carriedBy(error)
        assert.equal(found?.name, 'rollout-going-on')
        assert.match(said(found?.params.status).en, /^Waiting for deployment "slow" rollout to finish/)
        return true
      },
    )
    assert.equal(failures['rollout-going-on'].retryable, true)
  })

  it('is over when the Deployment itself gives up after our change, and says which pod keeps it', async () => {
    await world.deploy('stuck', { image: 'web:1', spec: { progressDeadlineSeconds: 2 } })
    await world.rollOut('stuck', { image: 'web:2' })
    const undo = world.hands['kubernetes.rollout-undo']
    const context = world.context('stuck')
    const plan = await undo.plan({ deployment: 'stuck' }, context)
    const done = await undo.run({ deployment: 'stuck' }, plan, context)
    await world.beginRollOut('stuck', { image: 'web:3', labels: neverReady })
    await exceeded('stuck')
    const verified = await awaitRollout(world.kubernetes, context, 'stuck', { strays: () => undefined })
    assert.equal(done.already, false)
    assert.equal(verified.ok, false)
    assert.match(
      verified.says.en,
      /^stuck: deployment "stuck" exceeded its progress deadline \(pod stuck-\S+, container web: ContainerCreating/,
    )
  })

  for (const strategy of ['Recreate', 'RollingUpdate'] as const) {
    it(`is not that of the rollout which is rolled back: ${strategy}`, async () => {
      const undo = world.hands['kubernetes.rollout-undo']
      const name = `back-${strategy.toLowerCase()}`
      const surge = { type: strategy, rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } }
      await world.deploy(name, {
        image: 'web:1',
        replicas: 1,
        spec: {
          strategy: strategy === 'Recreate' ? { type: strategy } : surge,
        },
      })
      for (let i = 0; i < 3; i++) {
        const spec = { progressDeadlineSeconds: 2 }
        await world.beginRollOut(name, { image: `web:bad-${i}`, labels: neverReady, spec })
        await exceeded(name)
        // What stands there stays, and the rollback itself has time on a busy machine.
        await deadline(name, 600)
        const context = world.context(`${name}-${i}`)
        const good = (await world.replicaSets()).find(
          (rs) => rs.metadata.labels?.app === name && rs.spec.template.spec.containers[0]?.image === 'web:1',
        )
        const toTemplate = good?.metadata.labels?.['pod-template-hash'] ?? ''
        const params = { deployment: name, toTemplate }
        const plan = await undo.plan(params, context)
        const done = await undo.run(params, plan, context)
        const verified = await undo.verify(params, plan, done, context)
        assert.equal(verified.ok, true, verified.says.en)
      }
    })
  }
})
