import assert from 'node:assert/strict'
import { present } from '../../domain/present.ts'
import { said } from '../../domain/words.ts'
import { until } from '../../lab/waiting.ts'
import { carriedBy } from '../../wire/carried.ts'
import { deleteRevision, setsOf, threeRevisions, twin } from './histories.ts'
import {
  change,
  closePair,
  describeWithKubectl,
  inBoth,
  kubectl,
  openPair,
  type Pair,
  shapeOf,
} from './kubectl.ts'

type Undo = { deployment: string; toRevision?: number }

describeWithKubectl('rolling back as kubectl decides', () => {
  let pair: Pair
  before(async function () {
    this.timeout(300_000)
    pair = await openPair('undo')
  })
  after(() => closePair(pair))

  async function bothUndo(name: string, toRevision?: number) {
    const params: Undo = { deployment: name, ...present({ toRevision }) }
    const to = toRevision === undefined ? [] : [`--to-revision=${toRevision}`]
    const answer = await kubectl(pair.theirs, 'rollout', 'undo', `deployment/${name}`, ...to)
    const { ours } = pair
    try {
      const mine = await change(ours.hands['kubernetes.rollout-undo'], params, ours, name)
      return { answer, mine, refusal: undefined }
    } catch (error) {
      return { answer, mine: undefined, refusal: carriedBy(error) }
    }
  }

  async function assertSame(name: string, image: string): Promise<void> {
    await inBoth(pair, (world) => world.settled(name, 2))
    const shape = await shapeOf(pair.ours, name)
    assert.match(JSON.stringify(shape), /of-revision-\d/)
    assert.deepEqual(shape, await shapeOf(pair.theirs, name))
    assert.equal((await pair.ours.read(name)).spec.template.spec.containers[0]?.image, image)
  }

  it('goes to the revision before', async () => {
    await inBoth(pair, (world) => threeRevisions(world, 'plain'))
    const { answer, mine } = await bothUndo('plain')
    assert.equal(answer.code, 0, answer.stderr)
    assert.equal(mine?.nothingToDo, false)
    await assertSame('plain', 'web:2')
    // And forth again: the revision before is now the one that was live.
    await bothUndo('plain')
    await assertSame('plain', 'web:3')
  })

  it('goes to a revision by its number', async () => {
    await inBoth(pair, (world) => threeRevisions(world, 'numbered'))
    await bothUndo('numbered', 1)
    await assertSame('numbered', 'web:1')
  })

  it('refuses a paused deployment and leaves it as it is', async () => {
    await inBoth(pair, async (world) => {
      await threeRevisions(world, 'paused')
      await world.cluster.mergePatch(`${world.deployments}/paused`, { spec: { paused: true } })
    })
    const { answer, refusal } = await bothUndo('paused')
    assert.notEqual(answer.code, 0)
    assert.match(
      answer.stderr,
      /cannot rollback a paused deployment; resume it first with 'kubectl rollout resume'/,
    )
    assert.match(said(refusal?.params.reason).en, /paused; resume it first \(kubectl rollout resume\)/)
    await assertSame('paused', 'web:3')
  })

  it('skips a revision whose template is live already, under another name', async () => {
    await inBoth(pair, async (world) => {
      await threeRevisions(world, 'live-twin')
      await deleteRevision(world, 'live-twin', '2')
      await twin(world, 'live-twin', '3', '2')
    })
    const { answer, mine } = await bothUndo('live-twin')
    assert.match(answer.stdout, /skipped rollback/)
    assert.equal(mine?.nothingToDo, true)
    await assertSame('live-twin', 'web:3')
  })

  it('finds itself done when the controller takes up the older one of two equal revisions', async () => {
    await inBoth(pair, async (world) => {
      await threeRevisions(world, 'old-twin')
      await deleteRevision(world, 'old-twin', '2')
      await twin(world, 'old-twin', '1', '2')
    })
    const { ours } = pair
    const hand = ours.hands['kubernetes.rollout-undo']
    const params: Undo = { deployment: 'old-twin' }
    const context = ours.context('old-twin')
    const plan = await hand.plan(params, context)
    await kubectl(pair.theirs, 'rollout', 'undo', 'deployment/old-twin')
    const done = await hand.run(params, plan, context)
    await inBoth(pair, (world) => world.settled('old-twin', 2))
    assert.equal((await hand.run(params, plan, context)).already, true)
    const verified = await hand.verify(params, plan, done, context)
    assert.equal(verified.ok, true, verified.says.en)
    await assertSame('old-twin', 'web:1')
  })

  it('refuses a revision that the history limit has pruned, and goes no further than what is kept', async () => {
    await inBoth(pair, async (world) => {
      await threeRevisions(world, 'pruned')
      await world.cluster.mergePatch(`${world.deployments}/pruned`, { spec: { revisionHistoryLimit: 1 } })
      await until(async () => (await setsOf(world, 'pruned')).length === 2, {
        what: 'revision 1 to be pruned',
        withinMs: 10_000,
      })
    })
    const gone = await bothUndo('pruned', 1)
    assert.match(gone.answer.stderr, /unable to find specified revision 1 in history/)
    assert.match(
      said(gone.refusal?.params.reason).en,
      /no longer has revision 1; available: 3 .*2 .*revisionHistoryLimit 1/,
    )
    await assertSame('pruned', 'web:3')
    await bothUndo('pruned')
    await assertSame('pruned', 'web:2')
  })

  it('refuses where no history is kept at all', async () => {
    await inBoth(pair, async (world) => {
      await world.deploy('bare', { image: 'web:1' })
      await world.cluster.mergePatch(`${world.deployments}/bare`, { spec: { revisionHistoryLimit: 0 } })
      await world.rollOut('bare', { image: 'web:2' })
      await until(async () => (await setsOf(world, 'bare')).length === 1, {
        what: 'the old revision to be pruned',
        withinMs: 10_000,
      })
    })
    const { answer, refusal } = await bothUndo('bare')
    assert.match(answer.stderr, /no rollout history found for deployment "bare"/)
    assert.match(said(refusal?.params.reason).en, /no earlier revision to go back to/)
    await assertSame('bare', 'web:2')
  })

  it('passes over a ReplicaSet that somebody has deleted', async () => {
    await inBoth(pair, async (world) => {
      await threeRevisions(world, 'missing')
      await deleteRevision(world, 'missing', '2')
    })
    await bothUndo('missing')
    await assertSame('missing', 'web:1')
  })

  it('knows the live revision again after its ReplicaSet was deleted and recreated', async () => {
    await inBoth(pair, async (world) => {
      await threeRevisions(world, 'remade')
      await deleteRevision(world, 'remade', '3')
      await world.settled('remade', 2)
    })
    await bothUndo('remade')
    await assertSame('remade', 'web:2')
  })

  it('goes no revision too far while the newest one has no ReplicaSet yet, which kubectl does', async () => {
    await inBoth(pair, (world) => threeRevisions(world, 'early'))
    const { lab } = pair.ours
    await lab.kill('kube-controller-manager', 'SIGSTOP')
    try {
      await inBoth(pair, (world) =>
        world.cluster.jsonPatch(`${world.deployments}/early`, [
          { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'web:4' },
        ]),
      )
      const { refusal } = await bothUndo('early')
      assert.match(said(refusal?.params.reason).en, /its newest template has no ReplicaSet yet; try again/)
      const { spec } = await pair.theirs.read('early')
      assert.equal(spec.template.spec.containers[0]?.image, 'web:2', 'of 4, 3, 2, 1 it was to be 3')
    } finally {
      await lab.kill('kube-controller-manager', 'SIGCONT')
    }
    await pair.ours.settled('early', 2)
    const { ours } = pair
    const hand = ours.hands['kubernetes.rollout-undo']
    await change(hand, { deployment: 'early' }, ours, 'again')
    assert.equal((await ours.read('early')).spec.template.spec.containers[0]?.image, 'web:3')
  })
})
