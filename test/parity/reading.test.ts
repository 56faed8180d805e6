import assert from 'node:assert/strict'
import { said } from '../../domain/words.ts'
import { until } from '../../lab/waiting.ts'
import { openWorld, type World } from '../activities/kubernetes/world.ts'
import { skipWithout } from '../lab/skip.ts'
import { describeWithKubectl, kubectl, kubectlFor, kubectlIn } from './kubectl.ts'

describeWithKubectl('readings say all that kubectl says', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('told')
  })
  after(() => world?.close())

  async function lines(...args: readonly string[]): Promise<string[]> {
    const { code, stdout, stderr } = await kubectl(world, ...args)
    assert.equal(code, 0, stderr)
    return stdout.split('\n').filter((line) => line !== '')
  }

  it('kubectl rollout history: every revision with its cause', async () => {
    await world.deploy('told', { image: 'web:1' })
    for (const image of ['web:2', 'web:3']) {
      await world.rollOut('told', { image })
      await world.cluster.mergePatch(`${world.deployments}/told`, {
        metadata: { annotations: { 'kubernetes.io/change-cause': `release ${image}` } },
      })
    }
    const history = await until(
      async () => {
        const found = await lines('rollout', 'history', 'deployment/told')
        return found.some((line) => line.includes('release web:3')) && found
      },
      { what: 'the cause on the last revision', withinMs: 10_000 },
    )
    const rows = history.flatMap((line) => /^(\d+) +(.*)$/.exec(line)?.slice(1) ?? [])
    const { facts, text = '' } = await world.hands['kubernetes.rollouts'](
      { deployment: 'told' },
      world.context(),
    )
    const [told] = (facts as { deployments: { revisions: { revision: number; cause: string | null }[] }[] })
      .deployments
    const ours = [...(told?.revisions ?? [])].sort((a, b) => a.revision - b.revision)
    assert.deepEqual(
      ours.flatMap(({ revision, cause }) => [String(revision), cause ?? '<none>']),
      rows,
    )
    for (const { revision, cause } of ours) {
      assert.match(said(text).en, new RegExp(`^${revision} +.*${cause ?? 'web:1'}$`, 'm'))
    }
  })

  it('kubectl rollout status: the same sentence, complete and on the way', async () => {
    await world.deploy('done')
    await world.deploy('stuck', { image: 'web:1' })
    await world.rollOut('stuck', { image: 'web:2', crash: 'at once' })
    for (const deployment of ['done', 'stuck']) {
      await until(
        async () => {
          const [sentence] = await lines('rollout', 'status', `deployment/${deployment}`, '--watch=false')
          const { facts } = await world.hands['kubernetes.rollouts']({ deployment }, world.context())
          const [own] = (facts as { deployments: { status: string }[] }).deployments
          return sentence !== undefined && own?.status === sentence
        },
        { what: `one sentence about ${deployment}`, withinMs: 10_000, everyMs: 500 },
      )
    }
  })

  it('kubectl logs --tail | grep: every line', async () => {
    const shodo = { ...world, namespace: 'shodo' }
    const words = 'startup complete'
    const { facts, text = '' } = await world.hands['kubernetes.logs'](
      { deployment: 'shodo-backend', tail: 5_000, grep: [words], previous: false, follow: 0 },
      { ...world.context(), namespace: 'shodo' },
    )
    const { pods } = facts as { pods: { pod: string }[] }
    assert.equal(pods.length, 3)
    for (const which of ['deployment/shodo-backend', ...pods.map(({ pod: name }) => name)]) {
      const { code, stdout, stderr } = await kubectl(shodo, 'logs', which, '--tail=5000')
      assert.equal(code, 0, stderr)
      const found = stdout.split('\n').filter((line) => line.includes(words))
      assert.ok(found.length > 0)
      for (const line of found) assert.ok(said(text).en.includes(line), line)
    }
  })

  it('kubectl logs of a database’s pod: every line', async function () {
    skipWithout(this, world.lab, 'postgres')
    const pod = 'postgres-primary-0'
    const theirs = await kubectlIn(world.lab, 'shodo', 'logs', pod, '--tail=100')
    const { text = '' } = await world.hands['kubernetes.logs'](
      { pod, tail: 100, grep: [], previous: false, follow: 0 },
      { ...world.context(), namespace: 'shodo' },
    )
    const found = theirs.stdout.split('\n').filter((line) => line !== '')
    assert.ok(found.length > 5)
    for (const line of found) assert.ok(said(text).en.includes(line), line)
  })

  it('kubectl logs -f: every line that comes meanwhile', async () => {
    const params = { deployment: 'shodo-backend', tail: 20, grep: [], previous: false, follow: 6_000 }
    const [{ text = '' }, { stdout }] = await Promise.all([
      world.hands['kubernetes.logs'](params, { ...world.context(), namespace: 'shodo' }),
      // It begins later and ends sooner, so that whatever it shows was to be seen by ours.
      kubectlFor(3_000, world.lab, 'shodo', 'logs', '-f', 'deployment/shodo-backend', '--tail=10'),
    ])
    const found = stdout.split('\n').slice(0, -1)
    assert.ok(found.length > 11, `${found.length} lines`)
    for (const line of found) assert.ok(said(text).en.includes(line), line)
  })
})
