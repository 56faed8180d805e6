import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { askHealth } from '../../lab/faults/health.ts'
import { breakLab, healLab, type Lab, labStatus } from '../../lab/index.ts'
import { isReady, podsOf } from '../../lab/shodo/rollout.ts'
import { until } from '../../lab/waiting.ts'
import { sharedLab } from './shared.ts'

const kubectl = promisify(execFile)
type Waiting = {
  status: { containerStatuses: { restartCount: number; state: { waiting?: { reason: string } } }[] }
}

describe('the faults of the lab', () => {
  let lab: Lab

  before(async () => {
    lab = await sharedLab()
    await healLab(lab)
  })

  afterEach(async () => {
    await healLab(lab)
    await assertWell()
  })

  async function assertWell(): Promise<void> {
    assert.deepEqual(await codes('backend', 6), [200, 200, 200, 200, 200, 200])
    assert.deepEqual((await labStatus(lab.name)).faults, [])
    const pods = await podsOf(lab.cluster())
    assert.equal(pods.length, 6)
    assert.ok(pods.every(isReady))
  }

  async function codes(service: 'backend' | 'frontend' | 'ai-server', times: number) {
    const seen: (number | undefined)[] = []
    for (let i = 0; i < times; i++) seen.push((await askHealth(lab, service))?.code)
    return seen
  }

  async function asAdmin(...args: string[]): Promise<string> {
    return (await kubectl('kubectl', args, { env: { ...process.env, ...lab.env } })).stdout
  }

  it('bad-deploy puts every backend pod of a new revision into CrashLoopBackOff; rollout undo heals it', async () => {
    await breakLab(lab, 'bad-deploy')
    assert.deepEqual(await codes('backend', 3), [503, 503, 503])
    assert.deepEqual(await codes('frontend', 2), [200, 200])
    const pods = (await podsOf(lab.cluster(), 'backend')) as unknown as (Waiting & {
      status: { phase: string }
    })[]
    assert.equal(pods.length, 3)
    for (const { status } of pods) {
      assert.equal(status.phase, 'Running')
      assert.equal(status.containerStatuses[0]?.state.waiting?.reason, 'CrashLoopBackOff')
      assert.ok((status.containerStatuses[0]?.restartCount ?? 0) >= 1)
    }
    await asAdmin('rollout', 'undo', 'deployment/shodo-backend')
    await asAdmin('rollout', 'status', 'deployment/shodo-backend', '--timeout=20s')
    await until(async () => (await codes('backend', 3)).every((code) => code === 200), {
      what: 'health after the undo',
      withinMs: 5_000,
    })
  })

  it('bad-deploy is not healed by deleting its pods', async () => {
    await breakLab(lab, 'bad-deploy')
    await asAdmin('delete', 'pod', '-l', 'app=shodo-backend', '--wait=false')
    await until(
      async () => {
        const pods = await podsOf(lab.cluster(), 'backend')
        return pods.length === 3 && !pods.some(isReady)
      },
      { what: 'the new pods to crash as well', withinMs: 10_000 },
    )
  })

  it('a crashing pod is restarted again and again', async () => {
    await breakLab(lab, 'bad-deploy')
    const restarts = async () => {
      const pods = (await podsOf(lab.cluster(), 'backend')) as unknown as Waiting[]
      return Math.max(...pods.map((pod) => pod.status.containerStatuses[0]?.restartCount ?? 0))
    }
    await until(async () => (await restarts()) >= 2, { what: 'a second restart', withinMs: 15_000 })
  })

  it('dead takes every pod of every service down; deleting them brings good ones', async () => {
    await breakLab(lab, 'dead')
    for (const service of ['backend', 'frontend', 'ai-server'] as const) {
      assert.deepEqual(await codes(service, 2), [503, 503])
    }
    await asAdmin('delete', 'pod', '--all', '--wait=false')
    await until(async () => (await codes('backend', 3)).every((code) => code === 200), {
      what: 'health after the deletion',
      withinMs: 10_000,
    })
  })

  it('some pods not Ready mean that share of failures, in turn', async () => {
    await breakLab(lab, 'dead')
    const [one] = await podsOf(lab.cluster(), 'backend')
    await asAdmin('delete', 'pod', one?.metadata.name ?? '')
    await until(async () => (await podsOf(lab.cluster(), 'backend')).filter(isReady).length === 1, {
      what: 'one good pod',
      withinMs: 10_000,
    })
    await until(async () => (await codes('backend', 3)).includes(200), {
      what: 'a good answer',
      withinMs: 5_000,
    })
    const seen = await codes('backend', 9)
    assert.equal(seen.filter((code) => code === 503).length, 6)
  })

  it('errors fails every second request of Ready pods until a restart has replaced them', async () => {
    await breakLab(lab, 'errors')
    assert.equal((await codes('backend', 6)).filter((code) => code === 500).length, 3)
    assert.match(await asAdmin('logs', 'deployment/shodo-backend', '--tail=20'), /ERROR .*connection pool/)
    await asAdmin('rollout', 'restart', 'deployment/shodo-backend')
    await asAdmin('rollout', 'status', 'deployment/shodo-backend', '--timeout=20s')
    await until(async () => (await codes('backend', 4)).every((code) => code === 200), {
      what: 'health after the restart',
      withinMs: 5_000,
    })
  })

  it('slow keeps the backend waiting until 8 pods are Ready, and again when they are fewer', async () => {
    await breakLab(lab, 'slow')
    const tookMs = async () => (await askHealth(lab))?.tookMs ?? Number.POSITIVE_INFINITY
    assert.ok((await tookMs()) >= 1_500)
    await asAdmin('scale', 'deployment/shodo-backend', '--replicas=8')
    await until(async () => (await tookMs()) < 500, { what: 'a quick answer', withinMs: 10_000 })
    await asAdmin('scale', 'deployment/shodo-backend', '--replicas=3')
    await until(async () => (await tookMs()) >= 1_500, { what: 'a slow answer', withinMs: 10_000 })
  })

  it('hung-health accepts the connection and never answers', async () => {
    await breakLab(lab, 'hung-health')
    assert.equal(await askHealth(lab, 'backend', 1_500), undefined)
    assert.equal((await fetch(`${lab.appUrl}/live`)).status, 200)
  })

  it('forbidden takes just the right to patch deployments from the worker', async () => {
    const can = async (...what: string[]) => {
      const args = ['--kubeconfig', lab.workerKubeconfig, 'auth', 'can-i', ...what]
      return kubectl('kubectl', args).then(
        ({ stdout }) => stdout.trim(),
        ({ stdout }) => stdout.trim(),
      )
    }
    assert.equal(await can('patch', 'deployments'), 'yes')
    await breakLab(lab, 'forbidden')
    assert.equal(await can('patch', 'deployments'), 'no')
    assert.equal(await can('delete', 'pods'), 'yes')
    await healLab(lab)
    assert.equal(await can('patch', 'deployments'), 'yes')
    assert.equal(await can('create', 'deployments'), 'no')
    assert.equal(await can('list', 'pods', '-n', 'default'), 'no')
  })

  it('several faults at once are healed together', async () => {
    await breakLab(lab, 'slow')
    await breakLab(lab, 'bad-deploy')
    assert.deepEqual((await labStatus(lab.name)).faults, ['slow', 'bad-deploy'])
  })
})
