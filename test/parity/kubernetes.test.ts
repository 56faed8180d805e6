import assert from 'node:assert/strict'
import type { World } from '../activities/kubernetes/world.ts'
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

describeWithKubectl('changes as kubectl makes them', () => {
  let pair: Pair
  before(async function () {
    this.timeout(300_000)
    pair = await openPair('same')
  })
  after(() => closePair(pair))

  async function assertSame(name: string, replicas: number): Promise<void> {
    await inBoth(pair, (world) => world.settled(name, replicas))
    const shape = await shapeOf(pair.ours, name)
    assert.match(JSON.stringify(shape), /of-revision-\d/)
    assert.deepEqual(shape, await shapeOf(pair.theirs, name))
  }

  async function theirs(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await kubectl(pair.theirs, ...args)
    assert.equal(code, 0, stderr)
  }

  it('scale', async () => {
    await inBoth(pair, (world) => world.deploy('scaled', { replicas: 2 }))
    const hand = pair.ours.hands['kubernetes.scale']
    for (const replicas of [4, 0, 1]) {
      await theirs('scale', 'deployment/scaled', `--replicas=${replicas}`)
      await change(hand, { deployment: 'scaled', replicas }, pair.ours, `to-${replicas}`)
      await assertSame('scaled', replicas)
    }
  })

  it('rollout restart', async () => {
    await inBoth(pair, (world) => world.deploy('restarted'))
    await theirs('rollout', 'restart', 'deployment/restarted')
    const hand = pair.ours.hands['kubernetes.rollout-restart']
    await change(hand, { deployment: 'restarted' }, pair.ours, 'restart')
    await assertSame('restarted', 2)
    const { spec } = await pair.ours.read('restarted')
    const at = spec.template.metadata.annotations?.['kubectl.kubernetes.io/restartedAt'] ?? ''
    assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000)
  })

  it('delete pod', async () => {
    await inBoth(pair, (world) => world.deploy('deleted', { replicas: 3 }))
    const podsOf = async (world: World) =>
      (await world.pods()).filter(({ metadata }) => metadata.labels?.app === 'deleted')
    const before = { theirs: await podsOf(pair.theirs), ours: await podsOf(pair.ours) }
    const [theirPod, ourPod] = [before.theirs[0]?.metadata.name ?? '', before.ours[0]?.metadata.name ?? '']
    await theirs('delete', 'pod', theirPod)
    const params = { pod: ourPod, notReady: false, oneByOne: false }
    await change(pair.ours.hands['kubernetes.delete-pods'], params, pair.ours, 'delete')
    await assertSame('deleted', 3)
    for (const side of ['theirs', 'ours'] as const) {
      const uids = (await podsOf(pair[side])).map(({ metadata }) => metadata.uid)
      const kept = before[side].slice(1).filter(({ metadata }) => uids.includes(metadata.uid))
      assert.equal(kept.length, 2, `${side} took just the one`)
    }
  })

  describe('set resources', () => {
    const hand = () => pair.ours.hands['kubernetes.set-resources']

    it('of the seed, where there were none', async () => {
      await inBoth(pair, (world) => world.deploy('bare'))
      await theirs('set', 'resources', 'deployment/bare', '--limits=memory=6Gi', '--requests=memory=2Gi')
      const params = { deployment: 'bare', limits: { memory: '6Gi' }, requests: { memory: '2Gi' } }
      await change(hand(), params, pair.ours, 'bare')
      await assertSame('bare', 2)
    })

    it('where others stay, in other letters', async () => {
      const resources = { limits: { memory: '1Gi', cpu: '2' }, requests: { memory: '512Mi', cpu: '100m' } }
      await inBoth(pair, (world) => world.deploy('some', { resources }))
      await theirs('set', 'resources', 'deployment/some', '--limits=memory=2048Mi,cpu=1.5')
      const params = { deployment: 'some', limits: { memory: '2048Mi', cpu: '1.5' } }
      await change(hand(), params, pair.ours, 'some')
      await assertSame('some', 2)
    })

    async function deployThree(world: World, name: string): Promise<void> {
      const container = (own: string) => ({ name: own, image: `${own}:1` })
      await world.cluster.post(world.deployments, {
        metadata: { name, labels: { app: name } },
        spec: {
          replicas: 1,
          selector: { matchLabels: { app: name } },
          template: {
            metadata: { labels: { app: name } },
            spec: {
              automountServiceAccountToken: false,
              initContainers: [container('before')],
              containers: [container('web'), container('helper')],
            },
          },
        },
      })
      await world.settled(name, 1)
    }

    it('of all containers, those that run before the others included', async () => {
      await inBoth(pair, (world) => deployThree(world, 'every'))
      await theirs('set', 'resources', 'deployment/every', '--requests=cpu=200m,memory=256Mi')
      await change(
        hand(),
        { deployment: 'every', requests: { cpu: '200m', memory: '256Mi' } },
        pair.ours,
        'every',
      )
      await assertSame('every', 1)
    })

    it('of one container', async () => {
      await inBoth(pair, (world) => deployThree(world, 'one'))
      await theirs('set', 'resources', 'deployment/one', '--containers=helper', '--limits=cpu=1')
      const params = { deployment: 'one', container: 'helper', limits: { cpu: '1' } }
      await change(hand(), params, pair.ours, 'one')
      await assertSame('one', 1)
    })
  })
})
