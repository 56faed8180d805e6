import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { containersOf } from '../../../activities/evidence/containers.ts'
import { logCountHands } from '../../../activities/evidence/count-lines.ts'
import { kubernetesApi } from '../../../activities/kubernetes/index.ts'
import { catalogue } from '../../../domain/steps/catalogue.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { said, type Words } from '../../../domain/words.ts'
import { openLog } from '../../../edge/log-segments.ts'
import { logsFolder, workloadFile } from '../../../wire/archive.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { scratch } from '../../scenarios/world.ts'
import { Kubelet, namespace } from './kubelet.ts'

const incident = 'shodo-42'
const kept = ['deployment/shodo-backend']

type Count = {
  readonly count: number
  readonly lines: number
  readonly containers: number
  readonly kept: number
  readonly unread: number
}

function contextOf(of = incident): StepContext {
  return {
    incident: of,
    stepRun: `${of}/affected-users`,
    cluster: 'fake',
    namespace,
    nowMs: Date.now(),
    head: { seq: 1, hash: 'a' },
  }
}

async function world(
  play: (around: {
    readonly kubelet: Kubelet
    readonly archive: string
    readonly count: (params: object, of?: string) => Promise<Count>
    readonly paths: () => Promise<readonly string[]>
    readonly keep: (path: string, ...texts: readonly string[]) => Promise<void>
  }) => Promise<void>,
): Promise<void> {
  await scratch(async (dir) => {
    const { kubelet, kubeconfig } = await Kubelet.open(dir)
    const archive = join(dir, 'archive')
    const kubernetes = kubernetesApi({ cluster: 'fake', kubeconfigPath: kubeconfig, callMs: 60_000 })
    await kubernetes.load()
    const hand = logCountHands(kubernetes, archive)['kubernetes.log-count']
    const paths = async () => {
      const { runs } = await containersOf(kubernetes, contextOf(), { workloads: kept, selectors: [] })
      return runs.map(({ path }) => path)
    }
    let writer = 0
    try {
      await play({
        kubelet,
        archive,
        paths,
        count: async (params, of) => {
          const parsed = catalogue['kubernetes.log-count'].params.parse({
            deployment: 'shodo-backend',
            ...params,
          })
          return (await hand(parsed, contextOf(of))).facts as Count
        },
        keep: async (path, ...texts) => {
          writer += 1
          const log = await openLog(
            join(logsFolder(archive, incident), path),
            `${writer}`.padStart(4, '0').concat('-0001'),
          )
          await log.write(texts.map((text) => `${text}\n`).join(''))
          await log.close()
        },
      })
    } finally {
      await kubelet.close()
    }
  })
}

/** A line of a log as the kubelet stamps it. */
function line(agoMs: number, text: string): string {
  return `${new Date(Date.now() - agoMs).toISOString().replace('Z', '000000Z')} ${text}`
}

describe('a count of log lines', () => {
  it('counts the lines that match, or the different values of what the group matched', () =>
    world(async ({ kubelet, count }) => {
      const [one, two] = [
        kubelet.start('shodo-backend'),
        kubelet.start('shodo-backend', 'shodo-backend-5d4f8c7b9-aaaaa'),
      ]
      kubelet.say(one, 'INFO user=1 200', 'ERROR user=1 503', 'ERROR user=2 503', 'ERROR user=1 503')
      kubelet.say(two, 'ERROR user=2 500', 'ERROR user=3 404')
      kubelet.say(kubelet.start('other'), 'ERROR user=9 503')
      assert.equal((await count({ contains: 'ERROR' })).count, 5)
      const pattern = 'user=(\\d+) 5\\d\\d'
      assert.equal((await count({ pattern })).count, 4)
      assert.equal((await count({ pattern, distinct: true })).count, 2)
      assert.equal((await count({ pattern, contains: '503', distinct: true })).count, 2)
      assert.equal((await count({ contains: 'ERROR', distinct: true })).count, 4)
      const none = await count({ contains: 'never' })
      assert.deepEqual([none.count, none.lines, none.containers, none.kept], [0, 6, 2, 0])
    }))

  it('counts by a selector too, and the run before a restart', () =>
    world(async ({ kubelet, count }) => {
      const pod = kubelet.start('shodo-backend')
      kubelet.say(pod, 'ERROR user=1')
      kubelet.restart(pod)
      kubelet.say(pod, 'ERROR user=2')
      const selected = { deployment: undefined, selector: 'app=shodo-backend' }
      assert.equal((await count({ contains: 'ERROR' })).count, 2)
      assert.equal((await count({ ...selected, contains: 'ERROR' })).count, 2)
    }))

  it('counts what was kept of pods that are gone and of lines that were rotated away, and nothing twice', () =>
    world(async ({ kubelet, count, keep, paths }) => {
      const pod = kubelet.start('shodo-backend')
      const [path = ''] = await paths()
      await keep(path, line(40_000, 'ERROR user=1'), line(30_000, 'ERROR user=2'))
      // The kubelet still has the second of them, and one more.
      kubelet.say(pod, 'ERROR user=3')
      await keep(
        'shodo-backend-77c9f6b5d-x2x1q.1f2e3d4c/web.20261130T093001Z.0a1b2c3d',
        line(50_000, 'ERROR user=4'),
      )
      // Of another Deployment whose name begins alike, and of no Deployment.
      await keep(
        'shodo-backend-worker-77c9f6b5d-x2x1q.1f2e3d4c/web.20261130T093001Z',
        line(9_000, 'ERROR user=5'),
      )
      await keep('postgres-primary-0.1f2e3d4c/web.20261130T093001Z', line(9_000, 'ERROR user=6'))
      const pattern = 'user=(\\d+)'
      const all = await count({ pattern, distinct: true })
      assert.deepEqual([all.count, all.containers, all.kept], [4, 2, 2])
      assert.equal((await count({ contains: 'ERROR' })).count, 4)
      // A reading without an incident has what the kubelets have.
      const look = await count(
        { contains: 'ERROR' },
        'look/shodo/affected/0b6f9a52-58a5-4f0e-9a52-6f0e9a5258a5',
      )
      assert.deepEqual([look.count, look.kept], [1, 0])
    }))

  it('counts no pod of another workload whose name begins alike, also when it is gone', () =>
    world(async ({ archive, count, keep }) => {
      const own = 'shodo-backend-77c9f6b5d-x2x1q.1f2e3d4c'
      const others = ['shodo-backend-b-x2x1q.2f2e3d4c', 'shodo-backend-2465-x2x1q.3f2e3d4c']
      const noted = [
        [own, 'deployment/shodo-backend'],
        [others[0], 'daemonset/shodo-backend-b'],
        [others[1], 'job/shodo-backend-2465'],
      ] as const
      for (const [pod = '', workload] of noted) {
        await keep(`${pod}/web.20261130T093001Z`, line(9_000, 'ERROR user=1'))
        await writeFile(join(logsFolder(archive, incident), pod, workloadFile), `${workload}\n`)
      }
      // Of a worker that noted nothing: no template has such a hash.
      await keep('shodo-backend-agent-x2x1q.4f2e3d4c/web.20261130T093001Z', line(9_000, 'ERROR user=4'))
      const { count: counted, kept } = await count({ contains: 'ERROR' })
      assert.deepEqual([counted, kept], [1, 1])
    }))

  it('is no number where there are more pods than can be listed', () =>
    world(async ({ kubelet, count }) => {
      kubelet.say(kubelet.start('shodo-backend'), 'ERROR user=1')
      kubelet.isEndless = true
      const failure = await count({ contains: 'ERROR' }).then(() => undefined, carriedBy)
      assert.equal(failure?.name, 'precondition-failed')
      assert.match(said(failure?.params.reason as Words).en, /more than 10000 pods.*1 were counted/)
      kubelet.pods.clear()
      const none = await count({ contains: 'ERROR' }).then(() => undefined, carriedBy)
      assert.match(said(none?.params.reason as Words).en, /more than 10000 pods.*0 were counted/)
    }))

  it('counts what lies in the time alone', () =>
    world(async ({ kubelet, count, keep, paths }) => {
      kubelet.start('shodo-backend')
      const [path = ''] = await paths()
      await keep(path, line(50_000, 'ERROR a'), line(30_000, 'ERROR b'), line(10_000, 'ERROR c'))
      const at = (agoMs: number) => new Date(Date.now() - agoMs).toISOString()
      assert.equal((await count({ contains: 'ERROR', since: at(40_000), until: at(20_000) })).count, 1)
      assert.equal((await count({ contains: 'ERROR', since: at(7_200_000) })).count, 3)
      assert.equal((await count({ contains: 'ERROR', since: at(5_000) })).count, 0)
    }))

  it('does not take what was masked for one value', () =>
    world(async ({ kubelet, count, keep, paths }) => {
      kubelet.start('shodo-backend')
      const [path = ''] = await paths()
      await keep(
        path,
        line(9_000, 'ERROR user=[masked:customer]'),
        line(8_000, 'ERROR user=[masked:customer]'),
      )
      assert.equal((await count({ contains: 'ERROR' })).count, 2)
      const name = await count({ pattern: 'user=(\\S+)', distinct: true }).then(
        () => 'counted',
        (error) => carriedBy(error)?.name,
      )
      assert.equal(name, 'precondition-failed')
    }))

  it('gives up a pattern that lines make slow before it has held up its worker, and says which on what', () =>
    world(async ({ kubelet, count, keep, paths }) => {
      kubelet.start('shodo-backend')
      const [path = ''] = await paths()
      await keep(path, ...Array.from({ length: 40 }, (_, i) => line(9_000 - i, 'a'.repeat(2_000))))
      const held = monitorEventLoopDelay({ resolution: 5 })
      held.enable()
      const pattern = '[a-z]{0,45}[a-z]{0,45}[a-z]{0,45}x'
      const says = await count({ pattern }).then(
        () => 'counted',
        (error) => JSON.stringify(carriedBy(error)),
      )
      held.disable()
      assert.match(says, /takes too long \(over 200 ms on a line of 2000 characters\)/)
      assert.ok(says.includes(pattern), says)
      // Twice as long as it may be, for a machine that has other things to do.
      assert.ok(held.max < 600_000_000, `${held.max / 1_000_000} ms`)
    }))

  it('counts nobody where there is no log at all: nothing was looked at', () =>
    world(async ({ kubelet, count, keep }) => {
      kubelet.start('other')
      const name = await count({ contains: 'ERROR' }).then(
        () => 'counted',
        (error) => carriedBy(error)?.name,
      )
      assert.equal(name, 'precondition-failed')
      // Its pods are gone, and their logs were kept.
      await keep('shodo-backend-5d4f8c7b9-x2x1q.1f2e3d4c/web.20261130T093001Z', line(1_000, 'INFO'))
      assert.equal((await count({ contains: 'ERROR' })).count, 0)
    }))

  for (const [status, says] of [
    [400, 'failed to try resolving symlinks in path "/var/log/pods/web/0.log": lstat /var/log/pods/web'],
    [200, 'unable to retrieve container logs for containerd://3bb6fd00e2a1'],
  ] as const)
    it(`is no number where the log of a container that runs cannot be read (${status}), and says how far it came`, () =>
      world(async ({ kubelet, count }) => {
        const [one, two] = [
          kubelet.start('shodo-backend'),
          kubelet.start('shodo-backend', 'shodo-backend-5d4f8c7b9-aaaaa'),
        ]
        kubelet.say(one, 'ERROR user=1')
        kubelet.say(two, 'ERROR user=2')
        kubelet.unreadable.set(two, { status, says })
        const failure = await count({ contains: 'ERROR' }).then(() => undefined, carriedBy)
        assert.equal(failure?.name, 'precondition-failed')
        const { en } = said(failure?.params.reason as Words)
        assert.ok(en.includes(`(${says})`), en)
        assert.match(en, /in the others 1 were counted/)
      }))

  it('does without the log of a run that has ended and was forgotten', () =>
    world(async ({ kubelet, count }) => {
      const pod = kubelet.start('shodo-backend')
      kubelet.restart(pod)
      kubelet.say(pod, 'ERROR user=1')
      kubelet.forget(pod)
      const { count: counted, unread } = await count({ contains: 'ERROR' })
      assert.deepEqual([counted, unread], [1, 1])
    }))

  it('fails rather than to count less where Kubernetes says no', () =>
    world(async ({ kubelet, count }) => {
      kubelet.start('shodo-backend')
      kubelet.refuses = { status: 403, message: 'pods is forbidden' }
      const name = await count({ contains: 'ERROR' }).then(
        () => 'counted',
        (error) => carriedBy(error)?.name,
      )
      assert.equal(name, 'kubernetes-refused')
    }))
})
