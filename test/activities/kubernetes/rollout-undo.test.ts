import assert from 'node:assert/strict'
import type { Kubernetes } from '../../../activities/kubernetes/api/client.ts'
import { rolloutUndoHand } from '../../../activities/kubernetes/deployments/rollout-undo.ts'
import type { ChangeHand } from '../../../domain/steps/contract.ts'
import { said } from '../../../domain/words.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { openWorld, type World } from './world.ts'

type Undo = { deployment: string; toRevision?: number | undefined; toTemplate?: string | undefined }

describe('rolling back a deployment', () => {
  let world: World
  let undo: ChangeHand<Undo>
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('undo')
    undo = world.hands['kubernetes.rollout-undo']
  })
  after(() => world?.close())

  async function threeRevisions(name: string): Promise<void> {
    await world.deploy(name, { image: 'web:1' })
    await world.rollOut(name, { image: 'web:2' })
    await world.rollOut(name, { image: 'web:3' })
  }
  const imageOf = async (name: string) => (await world.read(name)).spec.template.spec.containers[0]?.image
  const hashes = async (name: string) =>
    (await world.replicaSets())
      .filter((rs) => rs.metadata.labels?.app === name)
      .map((rs) => rs.metadata.labels?.['pod-template-hash'])
      .sort()

  it('goes to the previous revision and takes up its very ReplicaSet', async () => {
    await threeRevisions('plain')
    const known = await hashes('plain')
    const context = world.context('plain')
    const plan = await undo.plan({ deployment: 'plain' }, context)
    assert.equal(plan.target, `deployment/${world.namespace}/plain`)
    assert.match(plan.says.en, /^Roll plain back from revision 3 \(web:3\) to revision 2 \(web:2\)$/)
    assert.equal(await imageOf('plain'), 'web:3', 'planning changes nothing')
    const done = await undo.run({ deployment: 'plain' }, plan, context)
    assert.equal(done.already, false)
    const verified = await undo.verify({ deployment: 'plain' }, plan, done, context)
    assert.equal(verified.ok, true, verified.says.en)
    assert.equal(await imageOf('plain'), 'web:2')
    assert.deepEqual(await hashes('plain'), known)
    const { annotations } = (await world.read('plain')).metadata
    assert.equal(annotations?.['hikeshi.dev/step-run'], 'shodo-42/plain')
    assert.equal(annotations?.['hikeshi.dev/head'], '7:abc123')
    assert.equal(annotations?.['deployment.kubernetes.io/revision'], '4')
  })

  it('rolls back once when the worker dies between patch and report', async () => {
    await threeRevisions('twice')
    const context = world.context('twice')
    const plan = await undo.plan({ deployment: 'twice' }, context)
    await undo.run({ deployment: 'twice' }, plan, context)
    await world.settled('twice', 2)
    const again = await undo.run({ deployment: 'twice' }, plan, context)
    assert.equal(again.already, true)
    assert.equal(await imageOf('twice'), 'web:2')
    const { annotations } = (await world.read('twice')).metadata
    assert.equal(annotations?.['deployment.kubernetes.io/revision'], '4')
  })

  it('is found done also before the controller has seen the patch', async () => {
    await threeRevisions('quick')
    const context = world.context('quick')
    const plan = await undo.plan({ deployment: 'quick' }, context)
    const [first, second] = await Promise.all([
      undo.run({ deployment: 'quick' }, plan, context),
      undo.run({ deployment: 'quick' }, plan, context),
    ])
    assert.deepEqual([first.already, second.already].sort(), [false, true])
    await world.settled('quick', 2)
    assert.equal((await world.read('quick')).metadata.annotations?.['deployment.kubernetes.io/revision'], '4')
  })

  it('is itself undone by the template that was live before', async () => {
    await threeRevisions('back')
    const there = world.context('there')
    const plan = await undo.plan({ deployment: 'back' }, there)
    await undo.run({ deployment: 'back' }, plan, there)
    await world.settled('back', 2)
    const { template } = plan.before as { template: string }
    const back = world.context('back')
    const params = { deployment: 'back', toTemplate: template }
    const backPlan = await undo.plan(params, back)
    await undo.run(params, backPlan, back)
    assert.equal(await imageOf('back'), 'web:3')
  })

  it('does nothing when somebody else has deployed since the plan', async () => {
    await threeRevisions('changed')
    const context = world.context('changed')
    const plan = await undo.plan({ deployment: 'changed' }, context)
    await world.rollOut('changed', { image: 'web:4' })
    await assert.rejects(undo.run({ deployment: 'changed' }, plan, context), (error) => {
      const found = carriedBy(error)
      assert.equal(found?.name, 'target-changed')
      assert.equal(found?.params.step, 'changed')
      return true
    })
    assert.equal(await imageOf('changed'), 'web:4')
  })

  it('is not repeated by a retry after a person has put the newer revision back', async () => {
    await threeRevisions('reverted')
    const context = world.context('reverted')
    const plan = await undo.plan({ deployment: 'reverted' }, context)
    await undo.run({ deployment: 'reverted' }, plan, context)
    await world.settled('reverted', 2)
    await world.rollOut('reverted', { image: 'web:3' })
    await assert.rejects(undo.run({ deployment: 'reverted' }, plan, context), (error) => {
      assert.equal(carriedBy(error)?.name, 'target-changed')
      return true
    })
    assert.equal(await imageOf('reverted'), 'web:3')
  })

  it('refuses a paused deployment, a first revision, a revision that is gone or was renamed, each with its reason', async () => {
    await threeRevisions('refusing')
    await world.deploy('first')
    const reasons: string[] = []
    const reasonOf = async (params: Undo) => {
      await assert.rejects(undo.plan(params, world.context('refusing')), (error) => {
        const found = carriedBy(error)
        assert.equal(found?.name, 'precondition-failed')
        reasons.push(said(found?.params.reason).en)
        return true
      })
    }
    await reasonOf({ deployment: 'first' })
    await reasonOf({ deployment: 'refusing', toRevision: 9 })
    await world.rollOut('refusing', { image: 'web:2' })
    await reasonOf({ deployment: 'refusing', toRevision: 2 })
    await reasonOf({ deployment: 'refusing', toTemplate: 'abc' })
    await world.cluster.mergePatch(`${world.deployments}/refusing`, { spec: { paused: true } })
    await reasonOf({ deployment: 'refusing' })
    assert.match(reasons[0] ?? '', /no earlier revision/)
    assert.match(reasons[1] ?? '', /no longer has revision 9; available: 3 .*2 .*1 /)
    assert.match(reasons[2] ?? '', /turned revision 2 into revision 4/)
    assert.match(reasons[3] ?? '', /no longer has a revision of template abc/)
    assert.match(reasons[4] ?? '', /paused/)
  })

  it('has nothing to do when the wanted revision is live', async () => {
    await world.deploy('same')
    const plan = await undo.plan({ deployment: 'same', toRevision: 1 }, world.context('same'))
    assert.equal(plan.nothingToDo, true)
  })

  it('says so when the revision it went back to crashes as well', async () => {
    await world.deploy('sick', { crash: 'later', image: 'web:1' })
    await world.rollOut('sick', { image: 'web:2', crash: 'later' })
    const context = world.context('sick')
    const plan = await undo.plan({ deployment: 'sick' }, context)
    const done = await undo.run({ deployment: 'sick' }, plan, context)
    const verified = await undo.verify({ deployment: 'sick' }, plan, done, context)
    assert.equal(verified.ok, false)
    assert.match(verified.says.en, /CrashLoopBackOff/)
  })

  it('warns before it goes back to a revision that failed, also long after its pods are gone', async () => {
    await world.deploy('known', { image: 'web:1' })
    await world.rollOut('known', { image: 'web:2', crash: 'later' })
    const bad = (await world.replicaSets()).find(
      (rs) => rs.metadata.labels?.app === 'known' && rs.spec.template.spec.containers[0]?.image === 'web:2',
    )
    const badHash = bad?.metadata.labels?.['pod-template-hash'] ?? ''
    const context = world.context('known')
    const plan = await undo.plan({ deployment: 'known' }, context)
    assert.doesNotMatch(plan.says.en, /known to be broken/)
    await undo.run({ deployment: 'known' }, plan, context)
    await world.settled('known', 2)
    const back = { deployment: 'known', toTemplate: badHash }
    const backPlan = await undo.plan(back, world.context('back'))
    assert.match(
      backPlan.says.en,
      /; revision 2 "web:2" is known to be broken: it was rolled back before because its pods failed$/,
    )
    assert.equal(backPlan.pods.ready, 2, 'all that serve may be lost')
    // Of two bad releases in a row the one before the last is no way back.
    await world.rollOut('known', { image: 'web:3', crash: 'later' })
    const { findings } = await world.hands['kubernetes.rollouts']({ deployment: 'known' }, world.context())
    const answer = findings[0]?.answers?.['kubernetes.rollout-undo'] as Undo
    const good = await undo.plan(answer, world.context('good'))
    assert.match(good.says.en, /to revision 3 \(web:1\)$/)
  })

  it('names a deployment that does not exist', async () => {
    await assert.rejects(undo.plan({ deployment: 'nowhere' }, world.context()), (error) => {
      assert.equal(carriedBy(error)?.params.target, `deployment/${world.namespace}/nowhere`)
      return true
    })
  })

  it('patches the version that is there when all else was read: listing the ReplicaSets takes longer than a status does', async () => {
    await threeRevisions('overtaken')
    const context = world.context('overtaken')
    let looks = 0
    const { kubernetes } = world
    const overtaken: Kubernetes = {
      ...kubernetes,
      call: async (question) => {
        const answer = await kubernetes.call(question)
        if (question.resource === 'replicasets') {
          looks += 1
          const metadata = { annotations: { looks: `${looks}` } }
          await world.cluster.mergePatch(`${world.deployments}/overtaken`, { metadata })
          // What the controller makes of it comes before the next read as well.
          let last: string | undefined
          await until(
            async () => {
              const { resourceVersion } = (await world.read('overtaken')).metadata
              const isStill = resourceVersion === last
              last = resourceVersion
              return isStill
            },
            { what: 'the controller to be done with it', withinMs: 10_000, everyMs: 150 },
          )
        }
        return answer
      },
    }
    const hand = rolloutUndoHand(overtaken)
    const plan = await hand.plan({ deployment: 'overtaken' }, context)
    // Each listing is followed by a write: a version read before it is refused at every attempt, however many there are.
    const done = await hand.run({ deployment: 'overtaken' }, plan, context)
    assert.equal(done.already, false)
  })

  it('carries on while the controller writes status after status', async () => {
    await threeRevisions('busy')
    const context = world.context('busy')
    const plan = await undo.plan({ deployment: 'busy' }, context)
    let noisy = true
    const noise = (async () => {
      for (let i = 0; noisy; i++) {
        await world.cluster.mergePatch(`${world.deployments}/busy`, {
          metadata: { annotations: { noise: `${i}` } },
        })
        await until(async () => true, { what: 'a moment', withinMs: 100 })
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
    })()
    try {
      const done = await undo.run({ deployment: 'busy' }, plan, context)
      assert.equal(done.already, false)
    } finally {
      noisy = false
      await noise
    }
    assert.equal(await imageOf('busy'), 'web:2')
  })
})
