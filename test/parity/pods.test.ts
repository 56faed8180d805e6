import assert from 'node:assert/strict'
import { durationMs } from '../../domain/duration.ts'
import { said } from '../../domain/words.ts'
import { healLab } from '../../lab/index.ts'
import { until } from '../../lab/waiting.ts'
import { openWorld, type World } from '../activities/kubernetes/world.ts'
import { describeWithKubectl, kubectlIn } from './kubectl.ts'

describeWithKubectl('the pods as kubectl lists them', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('listed')
  })
  after(() => world?.close())

  async function lines(namespace: string, ...args: readonly string[]): Promise<string[]> {
    const { code, stdout, stderr } = await kubectlIn(world.lab, namespace, ...args)
    assert.equal(code, 0, stderr)
    return stdout.split('\n').filter((line) => line !== '')
  }

  const pathOf = (pod: string) => `/api/v1/namespaces/${world.namespace}/pods/${pod}`

  /** A pod whose status is written by hand as a kubelet writes it: the lab's knows only a few. */
  async function pod(name: string, spec: object, status?: object): Promise<void> {
    await world.cluster.post(`/api/v1/namespaces/${world.namespace}/pods`, {
      metadata: { name },
      spec: {
        automountServiceAccountToken: false,
        restartPolicy: 'Always',
        containers: [{ name: 'web', image: 'web:1' }],
        ...spec,
      },
    })
    if (status === undefined) return
    type Pod = { status: { podIP?: string } }
    await until(async () => (await world.cluster.get<Pod>(pathOf(name))).status.podIP, {
      what: `${name} to have come up`,
      withinMs: 20_000,
    })
    await world.cluster.mergePatch(`${pathOf(name)}/status`, { status })
  }

  const container = (state: object, more: object = {}) => ({
    name: 'web',
    image: 'web:1',
    imageID: '',
    ready: false,
    restartCount: 0,
    state,
    ...more,
  })
  const ago = (ms: number) => new Date(Date.now() - ms).toISOString().replace(/\.\d+Z/, 'Z')
  const ready = { running: { startedAt: ago(60_000) } }
  const init = (restartPolicy?: string) => [
    { name: 'first', image: 'first:1', ...(restartPolicy ? { restartPolicy } : {}) },
    { name: 'second', image: 'second:1' },
  ]
  const initStatus = (name: string, state: object, more: object = {}) => ({
    ...container(state, more),
    name,
  })

  type Container = { state: { waiting?: { reason?: string } } }
  type Pods = { items: { status: { containerStatuses?: Container[] } }[] }

  it('kubectl get pods: name, ready, status, restarts and when, age', async () => {
    await world.deploy('well')
    await world.deploy('crashing', { crash: 'later', replicas: 1 })
    await pod('unplaced', { nodeSelector: { moon: 'dark' } })
    await pod('gated', { schedulingGates: [{ name: 'hikeshi.dev/test' }] })
    await pod('leaving', { nodeSelector: { moon: 'dark' } })
    await world.cluster.mergePatch(pathOf('leaving'), { metadata: { finalizers: ['hikeshi.dev/test'] } })
    await world.cluster.delete(pathOf('leaving'))
    const ended = { exitCode: 137, reason: 'OOMKilled', startedAt: ago(400_000), finishedAt: ago(200_000) }
    await pod(
      'killed',
      {},
      {
        containerStatuses: [
          container(ready, { ready: true, restartCount: 3, lastState: { terminated: ended } }),
        ],
      },
    )
    await pod(
      'unnamed',
      {},
      {
        containerStatuses: [container({ terminated: { exitCode: 3 } })],
      },
    )
    await pod(
      'signalled',
      {},
      {
        containerStatuses: [container({ terminated: { exitCode: 139, signal: 11 } })],
      },
    )
    await pod(
      'imageless',
      {},
      {
        phase: 'Pending',
        containerStatuses: [container({ waiting: { reason: 'ImagePullBackOff' } })],
      },
    )
    await pod(
      'job',
      { restartPolicy: 'Never' },
      {
        phase: 'Succeeded',
        containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })],
      },
    )
    await pod('lost', {}, { phase: 'Failed', reason: 'Evicted', containerStatuses: [] })
    const waiting = { containerStatuses: [container({ waiting: { reason: 'PodInitializing' } })] }
    const notInitialized = { conditions: [{ type: 'Initialized', status: 'False' }] }
    await pod(
      'preparing',
      { initContainers: init() },
      {
        ...waiting,
        ...notInitialized,
        phase: 'Pending',
        initContainerStatuses: [
          initStatus('first', { terminated: { exitCode: 0, reason: 'Completed' } }),
          initStatus('second', ready),
        ],
      },
    )
    await pod(
      'misprepared',
      { initContainers: init() },
      {
        ...waiting,
        ...notInitialized,
        phase: 'Pending',
        initContainerStatuses: [
          initStatus(
            'first',
            { waiting: { reason: 'CrashLoopBackOff' } },
            {
              restartCount: 2,
              lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: ago(90_000) } },
            },
          ),
          initStatus('second', { waiting: { reason: 'PodInitializing' } }),
        ],
      },
    )
    await pod(
      'accompanied',
      { initContainers: init('Always') },
      {
        containerStatuses: [container(ready, { ready: true })],
        initContainerStatuses: [
          initStatus('first', ready, { ready: true, started: true, restartCount: 1 }),
          initStatus('second', { terminated: { exitCode: 0, reason: 'Completed' } }),
        ],
      },
    )
    await pod(
      'half',
      {
        containers: [
          { name: 'web', image: 'web:1' },
          { name: 'once', image: 'once:1' },
        ],
      },
      {
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          { ...container({ terminated: { exitCode: 0, reason: 'Completed' } }), name: 'once' },
          container(ready, { ready: true }),
        ],
      },
    )
    // It crashes a while after it was Ready.
    await until(
      async () =>
        (await world.cluster.get<Pods>(`${pathOf('')}?labelSelector=app=crashing`)).items.every(
          ({ status }) =>
            status.containerStatuses?.some(({ state }) => state.waiting?.reason === 'CrashLoopBackOff'),
        ),
      { what: 'the pod to crash again and again', withinMs: 20_000 },
    )

    const { pods, seen } = await compared()
    for (const status of [
      'Running',
      'CrashLoopBackOff',
      'Pending',
      'SchedulingGated',
      'Terminating',
      'Signal:11',
    ]) {
      assert.ok(seen.has(status), `${status} was to be compared, there were ${[...seen].join(', ')}`)
    }
    for (const status of ['ExitCode:3', 'ImagePullBackOff', 'Completed', 'Evicted', 'Init:1/2', 'NotReady']) {
      assert.ok(seen.has(status), `${status} was to be compared, there were ${[...seen].join(', ')}`)
    }
    // The seed's line: what `grep -v Running` leaves comes first.
    const firstRunning = pods.findIndex((each) => each.status === 'Running')
    assert.ok(pods.slice(0, firstRunning).some((each) => each.status === 'Pending'))
    await world.cluster.mergePatch(pathOf('leaving'), { metadata: { finalizers: null } })
  })

  for (const selector of [undefined, 'app=postgres', 'app=shodo-backend', 'app=shodo-frontend']) {
    it(`kubectl get pods -n shodo${selector === undefined ? '' : ` -l ${selector}`}: the same pods`, async () => {
      await healLab(world.lab)
      const { pods } = await compared(selector, 'shodo')
      if (selector !== 'app=postgres' || world.lab.without.postgres === undefined) assert.ok(pods.length > 0)
    })
  }

  /** Compares every column of every line of `kubectl get pods` with our facts; gives the facts and the statuses that were there. */
  async function compared(selector?: string, namespace = world.namespace) {
    const chosen = selector === undefined ? [] : ['-l', selector]
    const table = await lines(namespace, 'get', 'pods', '--no-headers', ...chosen)
    const context = { ...world.context(), namespace }
    const { facts, text = '' } = await world.hands['kubernetes.pods']({ selector }, context)
    const { pods } = facts as { pods: Readonly<Record<string, string | number>>[] }
    assert.equal(pods.length, table.length)
    const seen = new Set<string>()
    for (const line of table) {
      const [, name, containers, status, restarts, restarted, age] =
        /^(\S+) +(\d+\/\d+) +(\S+) +(\d+)(?: \((\S+) ago\))? +(\S+)$/.exec(line) ?? []
      const own = pods.find((each) => each.name === name)
      assert.ok(own, line)
      assert.deepEqual([own.ready, own.status, own.restarts], [containers, status, Number(restarts)], line)
      assertNear(own.ageMs, age, line)
      assertNear(own.restartedBeforeMs, restarted, line)
      assert.match(
        said(text).en,
        new RegExp(`^${name} +${containers} +${status?.replaceAll('.', '\\.')} +${restarts}[ (]`, 'm'),
      )
      seen.add(status ?? '')
    }
    return { pods, seen }
  }

  function assertNear(ms: string | number | undefined, theirs: string | undefined, line: string): void {
    if (theirs === undefined) {
      assert.equal(ms, undefined, line)
      return
    }
    // From ten minutes on kubectl leaves the seconds out, from ten hours on the minutes.
    const unit = { m: 60_000, h: 3_600_000, d: 86_400_000 }[theirs.at(-1) ?? ''] ?? 0
    const more = Number(ms) - (durationMs(theirs) ?? Number.NaN)
    assert.ok(-5_000 < more && more < unit + 5_000, `${line}: ours is ${ms} ms`)
  }
})
