import assert from 'node:assert/strict'
import type { Finding } from '../../../domain/steps/contract.ts'
import { said } from '../../../domain/words.ts'
import { until } from '../../../lab/waiting.ts'
import { openWorld, type World } from './world.ts'

describe('what is wrong with pods', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('troubles')
  })
  after(() => world?.close())

  const pathOf = (name: string) => `/api/v1/namespaces/${world.namespace}/pods/${name}`
  async function read(name: string) {
    const { findings, facts, text } = await world.hands['kubernetes.pods'](
      { selector: `app=${name}` },
      world.context(),
    )
    return { findings, text: text ?? '', pods: (facts as { pods: Readonly<Record<string, unknown>>[] }).pods }
  }
  const found = (findings: readonly Finding[], code: Finding['code']) => findings.find((f) => f.code === code)

  it('finds pods for which no node has room, in the words of the scheduler', async () => {
    await world.cluster.post(world.deployments, {
      metadata: { name: 'roomless' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'roomless' } },
        template: {
          metadata: { labels: { app: 'roomless' } },
          spec: {
            containers: [{ name: 'web', image: 'web:1', resources: { requests: { memory: '8Ti' } } }],
          },
        },
      },
    })
    const { findings, pods, text } = await until(
      async () => {
        const seen = await read('roomless')
        return found(seen.findings, 'no-room')?.says.en.startsWith('2 of 2') && seen
      },
      { what: 'the scheduler to give up on both', withinMs: 20_000 },
    )
    assert.match(
      found(findings, 'no-room')?.says.en ?? '',
      /^2 of 2 pods of roomless are Pending, no node has enough memory: 0\/2 nodes are available: 2 Insufficient memory/,
    )
    assert.match(said(found(findings, 'no-room')?.evidence[0]).en, /^pod roomless-\S+: Pending \(0\/2 nodes/)
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['no-room', 'service-dead', 'pods-not-ready'],
    )
    assert.equal(pods[0]?.status, 'Pending')
    assert.match(String(pods[0]?.pending), /Insufficient memory/)
    assert.match(said(text).en, /roomless-\S+ +0\/1 +Pending +0 /)
  })

  it('calls no pod roomless that waits for something else than memory', async () => {
    await world.cluster.post(world.deployments, {
      metadata: { name: 'picky' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'picky' } },
        template: {
          metadata: { labels: { app: 'picky' } },
          spec: { nodeSelector: { gpu: 'yes' }, containers: [{ name: 'web', image: 'web:1' }] },
        },
      },
    })
    const { findings } = await until(
      async () => {
        const seen = await read('picky')
        return found(seen.findings, 'pods-pending') && seen
      },
      { what: 'the scheduler to give up', withinMs: 20_000 },
    )
    assert.equal(found(findings, 'no-room'), undefined)
    assert.match(
      found(findings, 'pods-pending')?.says.en ?? '',
      /^1 of 1 pods of picky are Pending, no node matches its selector or affinity: 0\/2 nodes/,
    )
  })

  it('finds containers that were OOM-killed, with limit and restarts, also while they run again', async () => {
    await world.deploy('leak', { replicas: 2, resources: { limits: { memory: '2Gi' } } })
    const [pod] = (await world.pods()).filter(({ metadata }) => metadata.labels?.app === 'leak')
    assert.ok(pod)
    await world.cluster.mergePatch(pathOf(pod.metadata.name), {
      metadata: { labels: { 'hikeshi.lab/oom': 'true' } },
    })
    const killed = await until(async () => found((await read('leak')).findings, 'oom-killed'), {
      what: 'the first kill',
      withinMs: 20_000,
    })
    assert.match(
      killed.says.en,
      /^1 of 2 pods of leak were OOM-killed \(limit 2Gi, (1 restart|2 restarts)\)$/,
    )
    assert.match(
      said(killed.evidence[0]).en,
      /container web: OOMKilled at .*, limit 2Gi, (1 restart|2 restarts)$/,
    )
    const runsAgain = await until(
      async () => {
        const seen = await read('leak')
        return seen.pods.every(({ status }) => status === 'Running') && seen
      },
      { what: 'it to run again', withinMs: 30_000 },
    )
    assert.ok(found(runsAgain.findings, 'oom-killed'))
    assert.match(said(runsAgain.text).en, /leak-\S+ +1\/1 +Running +\d+ \(\d+m?s ago\)/)
    await world.cluster.mergePatch(pathOf(pod.metadata.name), {
      metadata: { labels: { 'hikeshi.lab/oom': null } },
    })
    const nextDay = await world.hands['kubernetes.pods'](
      { selector: 'app=leak' },
      world.context('later', Date.now() + 86_400_000),
    )
    assert.equal(found(nextDay.findings, 'oom-killed'), undefined, 'a day later it is no news')
  })

  it('finds images that cannot be pulled, by name', async () => {
    await world.deploy('imageless', { image: 'shodo/backend:1.4.l', replicas: 1 })
    const [pod] = (await world.pods()).filter(({ metadata }) => metadata.labels?.app === 'imageless')
    assert.ok(pod)
    // What a kubelet writes; the lab's pulls nothing.
    await world.cluster.mergePatch(`${pathOf(pod.metadata.name)}/status`, {
      status: {
        phase: 'Pending',
        conditions: [
          { type: 'PodScheduled', status: 'True' },
          { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
        ],
        containerStatuses: [
          {
            name: 'web',
            image: 'shodo/backend:1.4.l',
            imageID: '',
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } },
          },
        ],
      },
    })
    const { findings, pods } = await read('imageless')
    assert.equal(
      found(findings, 'image-not-pulled')?.says.en,
      '1 of 1 pods of imageless cannot pull shodo/backend:1.4.l',
    )
    assert.equal(found(findings, 'pods-pending'), undefined)
    assert.equal(pods[0]?.status, 'ImagePullBackOff')
    assert.equal(pods[0]?.ready, '0/1')
  })
})
