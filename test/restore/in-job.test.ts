/** On Kubernetes: everything that a restore does to data is done in the pod of a Job beside the database's own. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connectionsOf, parseConnections } from '../../activities/connections-file.ts'
import { kubernetesApi } from '../../activities/kubernetes/api/client.ts'
import { copyOf } from '../../activities/pgbackrest/copy.ts'
import { restoreHands } from '../../activities/pgbackrest/index.ts'
import { placeOf } from '../../activities/pgbackrest/place.ts'
import { localStation } from '../../activities/pgbackrest/station/local-station.ts'
import type { Station } from '../../activities/pgbackrest/station/station.ts'
import { withPulse } from '../../activities/pulse.ts'
import { isRefusal } from '../../activities/refusal.ts'
import { catalogue, type KindName } from '../../domain/steps/catalogue.ts'
import type { ChangeHand, Plan, StepContext, StepParams } from '../../domain/steps/contract.ts'
import { genesis } from '../../domain/timeline/chain.ts'
import { type Lab, labDown, labUp } from '../../lab/index.ts'
import { until } from '../../lab/waiting.ts'
import { testLabName } from '../lab/shared.ts'
import { skipBecause, skipWithout } from '../lab/skip.ts'
import { killedAttempt } from './killed-attempt.ts'

const backups = 'postgres-backups'
const jobPath = `/apis/batch/v1/namespaces/shodo/jobs/hikeshi-${backups}`
const pods = '/api/v1/namespaces/shodo/pods'
const checks = [{ name: 'orders', rows: 'orders', atLeast: 300 }]

describe('a restore in the pod of a Job', function () {
  this.timeout(240_000)
  let lab: Lab
  before(async function () {
    this.timeout(300_000)
    lab = await labUp({ name: testLabName('job') })
    skipWithout(this, lab, 'postgres', 'pgbackrest', 'exec')
    if (process.getuid?.() !== 0) skipBecause(this, 'only root can give the lab a root with its data')
    // So large that its files take their moment.
    await lab.databases.primary(
      'create table filler as select i, repeat(md5(i::text), 20) as t from generate_series(1, 60000) i',
    )
    await lab.databases.pgbackrest('--type=full', 'backup')
  })
  after(() => labDown(testLabName('job')))

  /** As a worker has them, with nothing but the lab's own entry turned into a Job. */
  function connections() {
    const file = lab.env.HIKESHI_CONNECTIONS ?? ''
    const all = parseConnections(readFileSync(file, 'utf8'), file)
    const entry = all[backups]
    assert.equal(entry?.kind, 'pgbackrest')
    return { ...all, [backups]: { ...entry, as: [], namespace: 'shodo', job: { idleFor: 600_000 } } }
  }
  const place = () =>
    placeOf(
      connectionsOf(connections(), process.env),
      kubernetesApi({ cluster: 'lab', kubeconfigPath: lab.workerKubeconfig }),
    )
  const context = (stepRun: string): StepContext => ({
    incident: stepRun.split('/')[0] ?? '',
    stepRun,
    cluster: 'lab',
    namespace: 'shodo',
    nowMs: Date.now(),
    head: genesis,
  })
  const at = () => place().of(backups, context('shodo-1/test'))
  const hand = (kind: KindName) =>
    restoreHands(place())[kind as keyof ReturnType<typeof restoreHands>] as ChangeHand<StepParams>
  const parsed = (kind: KindName, params: StepParams) => catalogue[kind].params.parse(params) as StepParams
  const planned = (kind: KindName, params: StepParams, stepRun: string) =>
    hand(kind).plan(parsed(kind, params), context(stepRun))
  const made = async (kind: KindName, params: StepParams, plan: Plan, stepRun: string) => {
    const all = parsed(kind, params)
    const done = await hand(kind).run(all, plan, context(stepRun))
    const verified = await hand(kind).verify(all, plan, done, context(stepRun))
    assert.equal(verified.ok, true, verified.says.en)
    return done
  }
  const discard = async (stepRun: string) =>
    made(
      'postgres.discard-copy',
      {},
      await planned('postgres.discard-copy', {}, `${stepRun}-discard`),
      stepRun,
    )
  type Pods = {
    readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[]
  }
  const podsOfJob = async () => {
    const selector = encodeURIComponent('app.kubernetes.io/managed-by=hikeshi')
    return (await lab.cluster().get<Pods>(`${pods}?labelSelector=${selector}`)).items
  }
  /** As when its node is lost: no grace, nothing in order. */
  const killPods = async () => {
    for (const { metadata } of await podsOfJob())
      await lab.cluster().delete(`${pods}/${metadata.name}`, { gracePeriodSeconds: 0 })
  }
  const now = async () => {
    const [row] = await lab.databases.primary(
      `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`,
    )
    return String(row?.now)
  }
  const begunRestores = async (stepRun: string) => {
    const { station, settings } = at()
    return (await station.tail(copyOf(settings, stepRun).restoring)).match(/restore command begin/g)?.length
  }

  for (const [where, open] of [
    ['on the worker’s own machine', () => localStation([])],
    ['in the pod', () => at().station],
  ] as const)
    describe(`a station ${where}`, () => {
      let station: Station
      before(() => {
        station = open()
      })

      it('hands on each word and the input as they are, and tells how the command ended', async () => {
        const odd = `a 'quoted' "word"\n$HOME \\ \`id\` 火消し`
        const said = await station.exec(['printf', '%s|', odd, '', '-n'])
        assert.deepEqual([said.status, said.stdout], [0, `${odd}||-n|`])
        const input = `${odd}\n`.repeat(5_000)
        const read = await station.exec(['sh', '-c', 'cat; echo no >&2; exit 7'], { input })
        assert.deepEqual([read.status, read.stdout, read.stderr], [7, input, 'no\n'])
        const long = 'x'.repeat(100_000)
        assert.equal((await station.exec(['printf', '%s', long])).stdout, long)
        const { stdout } = await station.exec(['sh', '-c', 'echo "$LC_ALL $TZ"; pwd'])
        assert.equal(stdout, 'C UTC\n/\n')
      })

      it('gives more output than fits into one answer line by line', async () => {
        let [count, last] = [0, '']
        const ended = await station.lines(['seq', '1', '300000'], (line) => {
          count += 1
          last = line
        })
        assert.deepEqual([ended.status, count, last], [0, 300_000, '300000'])
      })

      it('ends a command that takes too long', async () => {
        const asked = station.exec(['sleep', '60'], { withinMs: 1_000 })
        await assert.rejects(asked, (error) => isRefusal(error, 'no-answer'))
      })

      it('starts a task once, whoever asks, and tells how it is', async () => {
        const { stdout } = await station.exec(['mktemp', '-d', `${at().settings.copiesFolder}/task-XXXXXX`])
        const task = `${stdout.trim()}/task`
        assert.deepEqual(await station.look(task), { state: 'none' })
        const work = [
          'sh',
          '-c',
          'echo begun; until [ -e "$0/go" ]; do sleep 0.1; done; exit 3',
          stdout.trim(),
        ]
        await Promise.all([station.start(task, work), station.start(task, work)])
        assert.deepEqual(await station.look(task), { state: 'running' })
        await station.exec(['touch', `${stdout.trim()}/go`])
        assert.deepEqual(await station.look(task, 20_000), { state: 'ended', status: 3 })
        assert.equal(await station.tail(task), 'begun\n')
        await station.exec(['rm', '-rf', stdout.trim()])
      })
    })

  it('has nothing of the worker’s machine: the pod of the Job has the database’s own image and none of its labels', async () => {
    type Job = {
      readonly spec: {
        readonly template: {
          readonly metadata: object
          readonly spec: { readonly containers: readonly { readonly image: string }[] }
        }
      }
    }
    const { stdout } = await at().station.exec(['sh', '-c', 'id -un; ls -A "$1"', 'sh', lab.dir])
    assert.equal(stdout, 'postgres\n')
    const { spec } = await lab.cluster().get<Job>(jobPath)
    assert.equal(spec.template.spec.containers[0]?.image, 'postgres:15')
  })

  it('is in no other Job: the UID of its own is recorded, and one that somebody puts in its place is not used', async () => {
    type Found = {
      readonly metadata: { readonly uid: string; readonly labels: object }
      readonly spec: {
        readonly template: { readonly metadata: { readonly annotations: object }; readonly spec: object }
      }
    }
    const job = () => lab.cluster().get<Found>(jobPath)
    const recorded = async () => {
      const path = '/apis/apps/v1/namespaces/shodo/statefulsets/postgres-primary'
      const set = await lab.cluster().get<{ metadata: { annotations?: Record<string, string> } }>(path)
      return set.metadata.annotations?.[`job.hikeshi.dev/hikeshi-${backups}`]
    }
    await at().station.exec(['true'])
    const own = await job()
    assert.equal(await recorded(), own.metadata.uid)
    await lab.cluster().delete(jobPath, { propagationPolicy: 'Background' })
    const isGone = () =>
      job().then(
        ({ metadata }) => metadata.uid !== own.metadata.uid,
        ({ code }) => code === 404,
      )
    await until(isGone, { what: 'the Job to be gone', withinMs: 60_000 })
    const { labels } = own.metadata
    const { spec } = own.spec.template
    await lab.cluster().post('/apis/batch/v1/namespaces/shodo/jobs', {
      metadata: { name: `hikeshi-${backups}`, labels },
      spec: { template: { metadata: { labels }, spec } },
    })
    const forged = await job()
    assert.equal((await at().station.exec(['echo', 'here'])).stdout, 'here\n')
    const now = await job()
    assert.notEqual(now.metadata.uid, forged.metadata.uid)
    assert.equal(await recorded(), now.metadata.uid)
  })

  it('finds the work in the pod again when the worker dies, and does not begin it twice', async () => {
    const stepRun = 'shodo-2/worker'
    const params = { checks }
    const plan = await planned('postgres.restore', params, stepRun)
    for (const phase of ['restoring', 'recovering']) {
      const attempt = {
        kind: 'postgres.restore',
        params: parsed('postgres.restore', params),
        plan,
        context: context(stepRun),
        connections: connections(),
        kubeconfigPath: lab.workerKubeconfig,
      }
      assert.equal(await killedAttempt(attempt, (beat) => beat.at === phase), true, phase)
    }
    await made('postgres.restore', params, plan, stepRun)
    assert.equal(await begunRestores(stepRun), 1)
    await discard(stepRun)
  })

  it('can be taken up again when the pod is killed in mid-restore: what died with it begins again', async () => {
    const stepRun = 'shodo-2/pod'
    const params = { checks }
    const plan = await planned('postgres.restore', params, stepRun)
    const { signal } = new AbortController()
    let killing: Promise<void> | undefined
    const beat = (detail: unknown) => {
      if (Reflect.get(Object(detail), 'at') === 'restoring') killing ??= killPods()
    }
    const run = () => hand('postgres.restore').run(parsed('postgres.restore', params), plan, context(stepRun))
    const first = await withPulse({ signal, beat }, run).catch((error: unknown) => error)
    assert.ok(killing, 'the pod was killed')
    // What broke is something that is tried again by itself.
    if (first instanceof Error) assert.equal(Reflect.get(first, 'nonRetryable'), false, first.message)
    const [live] = await lab.databases.primary('select count(*)::int as orders from orders')
    assert.equal(live?.orders, 300)
    await made('postgres.restore', params, plan, stepRun)
    await discard(stepRun)
  })

  it('brings a dropped table back and takes it into use, though the pod is killed in between, and the Job is gone afterwards', async () => {
    const { primary, replica } = lab.databases
    const target = await now()
    await primary('drop table orders cascade')
    const stepRun = 'shodo-3/restore'
    const params = { target, checks }
    const plan = await planned('postgres.restore', params, stepRun)
    await made('postgres.restore', params, plan, stepRun)
    const [lost] = await primary(`select to_regclass('orders') is null as lost`)
    assert.equal(lost?.lost, true)
    await killPods()
    const over = 'shodo-3/cut-over'
    const cut = await planned('postgres.cut-over', { checks }, over)
    // The live server is asked over its socket on the volume, and its log is read there.
    const { loss } = cut.before as { loss: { commits: number | null } }
    assert.ok((loss.commits ?? 0) > 0)
    await made('postgres.cut-over', { checks }, cut, over)
    const [back] = await primary('select count(*)::int as orders from orders')
    assert.equal(back?.orders, 300)
    const [follows] = await replica('select count(*)::int as orders from orders')
    assert.equal(follows?.orders, 300)
    await until(async () => (await podsOfJob()).length === 0, { what: 'no pod of a Job', withinMs: 60_000 })
    await until(
      () =>
        lab
          .cluster()
          .get(jobPath)
          .then(
            () => false,
            ({ code }) => code === 404,
          ),
      {
        what: 'the Job to be gone',
        withinMs: 90_000,
      },
    )
  })
})
