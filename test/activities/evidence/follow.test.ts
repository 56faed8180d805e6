import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CancelledFailure } from '@temporalio/common'
import { type Followed, followLogs, mostAtOnce } from '../../../activities/evidence/follow.ts'
import { keptLogs } from '../../../activities/evidence/kept-logs.ts'
import { unwritable } from '../../../activities/evidence/unwritable.ts'
import { kubernetesApi } from '../../../activities/kubernetes/index.ts'
import { withPulse } from '../../../activities/pulse.ts'
import { isRefusal } from '../../../activities/refusal.ts'
import type { About } from '../../../domain/evidence/about.ts'
import { present } from '../../../domain/present.ts'
import { logsIn, readSegments } from '../../../edge/log-segments.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { skipBecause } from '../../lab/skip.ts'
import { scratch } from '../../scenarios/world.ts'
import { Kubelet, namespace } from './kubelet.ts'

const backend: About = { workloads: ['deployment/backend'], selectors: [] }

describe('following logs while an incident is open', function () {
  this.timeout(400_000)

  /** A kubelet, a folder for logs, and what follows them. */
  const world = (work: (world: World) => Promise<void>) =>
    scratch(async (dir) => {
      const { kubelet, kubeconfig } = await Kubelet.open(dir)
      const world = new World(kubelet, kubeconfig, join(dir, 'logs'))
      try {
        await work(world)
      } finally {
        await world.die()
        await kubelet.close()
      }
    })

  it('keeps each line once, in a log for each run of a container', () =>
    world(async ({ kubelet, ...w }) => {
      const pod = kubelet.start('backend')
      kubelet.say(pod, 'one', 'two')
      w.follow()
      await w.has('two')
      kubelet.say(pod, 'three')
      await w.has('three')
      kubelet.restart(pod)
      kubelet.say(pod, 'four')
      await w.has('four')
      await w.end()
      assert.deepEqual(await w.logs(), [['one', 'two', 'three'], ['four']])
    }))

  it('notes whose pod each was, and that there were more than can be listed', () =>
    world(async ({ kubelet, ...w }) => {
      kubelet.say(kubelet.start('backend'), 'one')
      kubelet.startOf('DaemonSet', 'backend-b', 'backend-b-x2x1q')
      w.follow()
      await w.has('one')
      kubelet.isEndless = true
      await until(async () => kubelet.laterPages >= 49, { what: 'another look', withinMs: 30_000 })
      const { torn } = await w.end()
      assert.equal(torn, 1)
      const pods = await readdir(w.folder)
      assert.deepEqual(pods.length, 1)
      assert.equal(await readFile(join(w.folder, pods[0] ?? '', 'workload'), 'utf8'), 'deployment/backend\n')
    }))

  it('keeps what the kubelet rotates away, and the logs of a pod that is gone', () =>
    world(async ({ kubelet, ...w }) => {
      const [first, second] = [kubelet.start('backend', 'backend-5d4f8c7b9-aaaaa'), kubelet.start('backend')]
      w.follow()
      kubelet.say(first, 'before the rotation')
      kubelet.say(second, 'of a pod that goes')
      await w.has('before the rotation')
      await w.has('of a pod that goes')
      kubelet.rotate(first, 0)
      kubelet.say(second, 'last words')
      kubelet.delete(second)
      kubelet.say(first, 'after the rotation')
      await w.has('after the rotation')
      await w.end()
      assert.deepEqual((await w.logs()).toSorted(), [
        ['before the rotation', 'after the rotation'],
        ['of a pod that goes', 'last words'],
      ])
    }))

  it('reads the run before from the beginning where it came too late for it', () =>
    world(async ({ kubelet, ...w }) => {
      const pod = kubelet.start('backend')
      kubelet.say(pod, 'why it crashed')
      kubelet.restart(pod)
      kubelet.say(pod, 'started')
      w.follow()
      await w.has('why it crashed')
      await w.has('started')
      await w.end()
    }))

  it('goes on where another one died, with nothing twice and nothing missing', () =>
    world(async ({ kubelet, ...w }) => {
      const pod = kubelet.start('backend')
      w.follow()
      kubelet.say(pod, 'one', 'two')
      await w.has('two')
      await w.die()
      kubelet.say(pod, 'three')
      kubelet.restart(pod)
      kubelet.say(pod, 'four')
      w.follow()
      await w.has('three')
      await w.has('four')
      assert.deepEqual(await w.end(), { torn: 0 })
      assert.deepEqual(await w.logs(), [['one', 'two', 'three'], ['four']])
    }))

  it('says that lines may be missing where they were rotated away while nobody followed', () =>
    world(async ({ kubelet, ...w }) => {
      const pod = kubelet.start('backend')
      w.follow()
      kubelet.say(pod, 'one')
      await w.has('one')
      await w.die()
      kubelet.say(pod, 'nobody reads this')
      kubelet.rotate(pod, 0)
      kubelet.say(pod, 'later')
      w.follow()
      // It waits a moment for the line that it knows.
      await new Promise((resolve) => setTimeout(resolve, 2_500))
      kubelet.say(pod, 'much later')
      await w.has('much later')
      const { torn } = await w.end()
      assert.ok(torn > 0)
      assert.deepEqual(await w.logs(), [['one', 'later', 'much later']])
    }))

  it('says so where Kubernetes knows of a run and has nothing of its log any more', () =>
    world(async ({ kubelet, ...w }) => {
      const pod = kubelet.start('backend')
      kubelet.say(pod, 'why it crashed')
      kubelet.restart(pod)
      kubelet.forget(pod)
      kubelet.say(pod, 'started')
      w.follow()
      await w.has('started')
      // The run before is asked for in the same look.
      await until(async () => kubelet.forgot > 0, {
        what: 'the run before to be asked for',
        withinMs: 30_000,
      })
      assert.deepEqual(await w.end(), { torn: 1 })
      assert.deepEqual(await w.logs(), [['started']])
    }))

  it('reads what ended also where all its connections follow what runs', () =>
    world(async ({ kubelet, ...w }) => {
      for (let i = 0; i < mostAtOnce; i += 1)
        kubelet.start('backend', `backend-5d4f8c7b9-${String(i).padStart(5, '0')}`)
      const pod = kubelet.start('backend', 'backend-5d4f8c7b9-zzzzz')
      kubelet.say(pod, 'why it crashed')
      kubelet.restart(pod)
      w.follow()
      await w.has('why it crashed')
      const { torn } = await w.end()
      // The newest run of that pod found no place.
      assert.equal(torn, 1)
    }))

  it('reads what came last when the incident ends', () =>
    world(async ({ kubelet, ...w }) => {
      const pod = kubelet.start('backend')
      w.follow()
      kubelet.say(pod, 'one')
      await w.has('one')
      kubelet.say(pod, ...Array.from({ length: 5_000 }, (_, i) => `line ${i}`))
      await w.end()
      assert.equal((await w.logs())[0]?.length, 5_001)
    }))

  it('masks secrets before anything lies on the disk, and says of how many', () =>
    world(async ({ kubelet, ...w }) => {
      const pod = kubelet.start('backend')
      w.follow()
      kubelet.say(pod, 'connecting with password=hunter2-prod', 'and token: abcdefgh')
      await w.has('and token: [masked:named]')
      await w.end()
      const { masked, lines, containers } = await keptLogs(w.folder)
      assert.deepEqual([masked, lines, containers], [2, 2, 1])
    }))

  it('follows nobody else', () =>
    world(async ({ kubelet, ...w }) => {
      const [own, other] = [kubelet.start('backend'), kubelet.start('frontend')]
      kubelet.say(other, 'of another service')
      kubelet.say(own, 'own')
      w.follow()
      await w.has('own')
      await w.end()
      assert.deepEqual(await w.logs(), [['own']])
    }))

  it('outlives an API server that is away, and ends where a right is missing', () =>
    world(async ({ kubelet, ...w }) => {
      kubelet.refuses = { status: 503, message: 'etcd is away' }
      const pod = kubelet.start('backend')
      kubelet.say(pod, 'one')
      const following = w.follow()
      await new Promise((resolve) => setTimeout(resolve, 500))
      kubelet.refuses = undefined
      await w.has('one')
      kubelet.refuses = { status: 403, message: 'User "w" cannot list resource "pods" in API group ""' }
      await assert.rejects(following, (error) => isRefusal(error, 'forbidden'))
    }))

  it('keeps no more than its share of the disk, whoever wrote it', () =>
    world(async ({ kubelet, ...w }) => {
      const pod = kubelet.start('backend')
      kubelet.say(pod, 'one', 'two')
      w.follow()
      await w.has('two')
      await w.die()
      const { bytes } = await keptLogs(w.folder)
      w.follow(undefined, bytes - 1)
      kubelet.say(pod, 'three')
      // Its share is used up by another attempt: it begins nothing, and says that lines may be missing.
      await new Promise((resolve) => setTimeout(resolve, 3_000))
      const { torn } = await w.end()
      assert.ok(torn > 0)
      assert.deepEqual(await w.logs(), [['one', 'two']])
    }))

  it('ends where the disk is full, and continues when there is room again', function () {
    if (process.getuid?.() !== 0) skipBecause(this, 'a small disk of its own takes root (mount)')
    return world(async ({ kubelet, ...w }) => {
      await mkdir(w.folder)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'logs', w.folder])
      try {
        const ballast = join(w.folder, 'ballast')
        // One long word would be taken for a key and masked.
        const words = 'words '.repeat(200)
        const pod = kubelet.start('backend')
        const full = w.follow()
        kubelet.say(pod, 'one')
        await w.has('one')
        await writeFile(ballast, Buffer.alloc(220_000))
        kubelet.say(pod, ...Array.from({ length: 60 }, (_, i) => `${i} ${words}`))
        const error = await full.then(
          () => assert.fail('the disk had room'),
          (why: unknown) => why,
        )
        assert.equal(carriedBy(unwritable(w.folder, error))?.name, 'evidence-unwritable', String(error))
        await rm(ballast)
        w.follow()
        await w.has(`59 ${words}`)
        assert.deepEqual(await w.end(), { torn: 0 })
        const [log = []] = await w.logs()
        assert.deepEqual(
          log.map((line) => line.split(' ', 1)[0]),
          ['one', ...Array.from({ length: 60 }, (_, i) => String(i))],
        )
      } finally {
        await w.die()
        execFileSync('umount', ['-l', w.folder])
      }
    })
  })

  it('loses no line and has none twice while its process is killed ten times', () =>
    world(async ({ kubelet, kubeconfig, ...w }) => {
      const pod = kubelet.start('backend')
      let said = 0
      const speaking = setInterval(() => kubelet.say(pod, `line ${++said}`), 2)
      let size = 0
      for (let kill = 1; kill <= 10; kill++) {
        const writer = `0001-${String(kill).padStart(4, '0')}`
        const program = ['--import', 'tsx', 'test/activities/evidence/follow-process.ts']
        const child = spawn(process.execPath, [...program, kubeconfig, w.folder, writer], {
          stdio: 'inherit',
        })
        const gone = once(child, 'exit')
        const from = size
        try {
          await until(
            async () => {
              size = (await keptLogs(w.folder)).bytes
              return size > from + 2_000
            },
            { what: 'more lines to be there', withinMs: 120_000 },
          )
        } finally {
          child.kill('SIGKILL')
        }
        await gone
      }
      clearInterval(speaking)
      kubelet.say(pod, 'the last line')
      w.follow('0002-0001')
      await w.has('the last line')
      assert.deepEqual(await w.end(), { torn: 0 })
      const expected = [...Array.from({ length: said }, (_, i) => `line ${i + 1}`), 'the last line']
      assert.deepEqual((await w.logs())[0], expected)
    }))
})

class World {
  readonly kubelet: Kubelet
  readonly kubeconfig: string
  readonly folder: string
  #following: Promise<Followed> | undefined
  #stop = new AbortController()
  #isOver = false
  #attempt = 0

  constructor(kubelet: Kubelet, kubeconfig: string, folder: string) {
    this.kubelet = kubelet
    this.kubeconfig = kubeconfig
    this.folder = folder
  }

  /** Another attempt, as another worker would. */
  readonly follow = (
    writer = `0001-${String(++this.#attempt).padStart(4, '0')}`,
    mostBytes?: number,
  ): Promise<Followed> => {
    this.#stop = new AbortController()
    const context = {
      incident: 'shodo-42',
      stepRun: 'shodo-42/logs',
      cluster: 'fake',
      namespace,
      nowMs: Date.now(),
      head: { seq: 1, hash: 'abc' },
    }
    const kubernetes = kubernetesApi({ cluster: 'fake', kubeconfigPath: this.kubeconfig })
    const asked = {
      kubernetes,
      context,
      about: backend,
      folder: this.folder,
      writer,
      rules: [],
      ...present({ mostBytes }),
    }
    this.#following = withPulse({ signal: this.#stop.signal, beat: () => {} }, () =>
      followLogs(asked, () => this.#isOver),
    )
    // Who waits for it hears of it.
    this.#following.catch(() => undefined)
    return this.#following
  }

  /** It is told to stop, and the incident is not over: as where its worker stops. */
  readonly die = async (): Promise<void> => {
    this.#stop.abort(new CancelledFailure('the worker stops'))
    await this.#following?.catch(() => undefined)
  }

  readonly end = async (): Promise<Followed> => {
    this.#isOver = true
    this.#stop.abort(new CancelledFailure('the incident is over'))
    return this.#following ?? assert.fail('nobody follows')
  }

  readonly has = async (text: string): Promise<void> => {
    await until(async () => (await this.logs()).flat().includes(text), {
      what: `"${text}" to be kept`,
      withinMs: 30_000,
    })
  }

  /** The texts of each log, in order. */
  readonly logs = async (): Promise<readonly (readonly string[])[]> => {
    const all: string[][] = []
    for (const log of await logsIn(this.folder)) {
      let text = ''
      for await (const chunk of readSegments(join(this.folder, log))) text += chunk.toString()
      all.push(
        text
          .split('\n')
          .slice(0, -1)
          .map((line) => line.slice(line.indexOf(' ') + 1)),
      )
    }
    return all
  }
}
