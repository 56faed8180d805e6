/** Logs of a real incident, on a lab of its own: workers die, pods go, and the bundle has each line once. */
import assert from 'node:assert/strict'
import { appendFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { logsIn, readSegments } from '../../edge/log-segments.ts'
import { type Lab, labDown, labUp } from '../../lab/index.ts'
import { until as awaited } from '../../lab/waiting.ts'
import type { Collected } from '../../wire/activities.ts'
import { atClose, collectionOf, logsFolder } from '../../wire/archive.ts'
import { lookId } from '../../wire/messages.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { testLabName } from '../lab/shared.ts'
import { finish, ofType, openDesk, scratch, timeline } from '../scenarios/world.ts'
import { hikeshi } from '../surfaces/cli-process.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'

type Pods = {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[]
}

describe('logs of an incident', function () {
  this.timeout(240_000)
  let lab: Lab
  let env: NodeJS.ProcessEnv
  let client: Client
  let connection: Connection
  let worker: WorkerProcess | undefined

  before(async () => {
    lab = await labUp({ name: testLabName('logs') })
    env = { ...process.env, ...lab.env }
    worker = await startWorkerProcess(env)
    connection = await Connection.connect({ address: lab.temporal.address })
    client = new Client({ connection, namespace: lab.temporal.namespace })
  })
  after(async () => {
    await worker?.stop()
    await connection?.close()
    await labDown(lab.name)
  })

  const pods = async () => {
    const path = '/api/v1/namespaces/shodo/pods?labelSelector=app%3Dshodo-backend'
    return (await lab.cluster().get<Pods>(path)).items.map(({ metadata }) => metadata)
  }
  /** Into the file of the container runtime. */
  const say = (pod: { readonly name: string; readonly uid: string }, text: string) =>
    appendFile(
      join(lab.dir, 'pod-logs', `${pod.name}-${pod.uid.slice(0, 8)}.log`),
      `${new Date().toISOString().replace('Z', '000000Z')} stdout F ${text}\n`,
    )
  /** Lines of our own, of all logs that are kept. */
  const kept = async (incident: string): Promise<readonly string[]> => {
    const folder = logsFolder(env.HIKESHI_ARCHIVE ?? '', incident)
    let text = ''
    for (const log of await logsIn(folder))
      for await (const chunk of readSegments(join(folder, log))) text += chunk.toString()
    return [...text.matchAll(/ (mark \d+|password=\S+)/g)].map(([, line = '']) => line)
  }

  it('are there line by line though workers are killed and a pod is gone, and the bundle proves it', async () => {
    const desk = await openDesk({ client, env })
    const { incident } = await desk.declare({})
    const [first, second] = await pods()
    if (first === undefined || second === undefined) return assert.fail('no pods')
    let marks = 0
    for (let death = 1; death <= 3; death++) {
      for (let i = 0; i < 5; i++) await say(first, `mark ${++marks}`)
      const until = marks
      await awaited(async () => (await kept(incident)).includes(`mark ${until}`), {
        what: `mark ${until} to be kept`,
        withinMs: 60_000,
      })
      await worker?.kill()
      await say(first, `mark ${++marks}`)
      worker = await startWorkerProcess(env)
    }
    await say(second, 'password=hunter2-prod')
    await awaited(async () => (await kept(incident)).includes('password=[masked:named]'), {
      what: 'the other pod to be read',
      withinMs: 60_000,
    })
    await lab.cluster().delete(`/api/v1/namespaces/shodo/pods/${second.name}`)
    await say(first, `mark ${++marks}`)
    await finish(client, incident)
    const marked = (await kept(incident)).filter((line) => line.startsWith('mark'))
    assert.deepEqual(
      marked,
      Array.from({ length: marks }, (_, i) => `mark ${i + 1}`),
    )

    const events = await timeline(client, incident)
    const [told] = ofType(events, 'logs-kept')
    assert.ok(told !== undefined && 'kept' in told.data, JSON.stringify(told))
    assert.equal(told.data.kept.torn, 0)
    const verdict = await replay(
      incident,
      await historiesOf(incident, client, env.HIKESHI_ARCHIVE),
      reexecute,
    )
    assert.equal(verdict.verdict, 'identical', JSON.stringify(verdict.difference))

    await scratch(async (dir) => {
      const bundle = join(dir, 'bundle')
      const made = await hikeshi(['evidence', incident, '--output', bundle], { env })
      assert.equal(made.exit, 0, made.err)
      const verified = await hikeshi(['evidence', 'verify', bundle, '-o', 'json'], { env })
      assert.deepEqual(JSON.parse(verified.out).problems, [])
      const logs = await readdir(join(bundle, 'logs'), { recursive: true, withFileTypes: true })
      const texts = await Promise.all(
        logs
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
      )
      assert.ok(
        texts.some((text) => text.includes('password=[masked:named]')),
        'the pod that is gone',
      )
      assert.ok(!texts.join('').includes('hunter2'))
      assert.equal((await hikeshi(['replay', bundle, '-o', 'json'])).exit, 0)
    })
  })

  it('are collected without an incident, with events and manifests, for a time of the team', async () => {
    const desk = await openDesk({ client, env })
    const [pod] = await pods()
    if (pod === undefined) return assert.fail('no pods')
    await say(pod, 'mark 1 of no incident, token=abcdefgh')
    const clock = (ms: number) => new Date(ms + 9 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
    await scratch(async (dir) => {
      const [start, end] = [clock(Date.now() - 60_000), clock(Date.now() + 60_000)]
      const argv = [
        'logs',
        'collect',
        `--start=${start}`,
        `--end=${end}`,
        `--output=${dir}/`,
        '--runbook',
        desk.name,
      ]
      const ran = await hikeshi([...argv, '-o', 'json'], { env })
      assert.equal(ran.exit, 0, ran.err)
      assert.match(ran.err, new RegExp(`Logs from ${start} JST`))
      const table = await hikeshi(
        argv.map((word) => (word.startsWith('--output=') ? `--output=${join(dir, 'table')}` : word)),
        { env },
      )
      // How the times are read is said at once, and what was made at its end.
      assert.deepEqual(
        [table.err, table.out].map((text) => text.match(/Logs from/g)?.length ?? 0),
        [1, 0],
      )
      const { folder, manifest } = JSON.parse(ran.out)
      const paths: readonly string[] = manifest.files.map(({ path }: { path: string }) => path)
      for (const file of ['events', 'pods', 'deployments', 'replicasets', 'statefulsets'])
        assert.ok(paths.includes(`cluster/${file}.jsonl`), paths.join(', '))
      const log = paths.find((path) => path.startsWith(`logs/${pod.name}`)) ?? assert.fail(paths.join(', '))
      assert.match(await readFile(join(folder, log), 'utf8'), /mark 1 of no incident, token=\[masked:named\]/)
      assert.equal((await hikeshi(['evidence', 'verify', folder, '--unsigned'], { env })).exit, 0)
      const backwards = await hikeshi([...argv.map((word) => word.replace(/--end=.*/, `--end=${start}`))], {
        env,
      })
      assert.equal(backwards.exit, 2)
    })
  })

  it('come with events and manifests into the bundle of an open incident', async () => {
    const desk = await openDesk({ client, env })
    const { incident } = await desk.declare({})
    await scratch(async (dir) => {
      const bundle = join(dir, 'bundle')
      const made = await hikeshi(['evidence', incident, '--output', bundle, '-o', 'json'], { env })
      assert.equal(made.exit, 0, made.err)
      const events = await readFile(join(bundle, 'cluster/pods.jsonl'), 'utf8')
      assert.ok(events.includes('shodo-backend'))
      assert.deepEqual(
        JSON.parse((await hikeshi(['evidence', 'verify', bundle, '-o', 'json'])).out).problems,
        [],
      )
      const { verdict, ends } = JSON.parse((await hikeshi(['replay', bundle, '-o', 'json'])).out)
      assert.deepEqual([verdict, ends.how], ['identical', 'open'])
    })
    await finish(client, incident)
  })

  it('are followed by what only lasts until the close, collected by the workers though one dies over it', async () => {
    const desk = await openDesk({ client, env })
    const { incident } = await desk.declare({})
    const ended = finish(client, incident)
    // It is closed and archived while nobody of its cluster is there to collect.
    await worker?.kill()
    worker = await startWorkerProcess({ ...env, HIKESHI_WORKER_ROLES: 'incidents' })
    await ended
    const [archived] = ofType(await timeline(client, incident), 'archived')
    const folder = collectionOf(incident, atClose)
    assert.equal(Object(archived?.data.result).evidence, folder)
    const shown = await hikeshi(['show', incident], { env })
    assert.match(shown.out, new RegExp(`HIKESHI_ARCHIVE/${folder}`))
    const collecting = client.workflow.getHandle(lookId(`${desk.name}/evidence`, incident))
    assert.equal((await collecting.describe()).status.name, 'RUNNING')
    await worker.stop()
    worker = await startWorkerProcess(env)
    const { missing } = (await collecting.result()) as Collected
    const own = join(env.HIKESHI_ARCHIVE ?? '', folder)
    assert.ok((await readFile(join(own, 'cluster', 'pods.jsonl'), 'utf8')).includes('shodo-backend'))
    const without = (part: keyof Lab['without']) => lab.without[part] !== undefined
    if (!without('postgres')) {
      const file = join(own, 'databases', 'database.connection-count.json')
      const { facts, sizes } = JSON.parse(await readFile(file, 'utf8'))
      assert.ok(facts.used > 0 && sizes.databases.length > 0, JSON.stringify(missing))
    }
    if (!without('redis')) {
      const { info } = JSON.parse(await readFile(join(own, 'databases', 'redis.memory.json'), 'utf8'))
      assert.equal(typeof info.redis_version, 'string')
    }
    if (!without('prometheus')) {
      const { series } = JSON.parse(await readFile(join(own, 'metrics', 'backend.p95.json'), 'utf8'))
      assert.ok(Array.isArray(series), JSON.stringify(missing))
    }
    await scratch(async (dir) => {
      const bundle = join(dir, 'bundle')
      const made = await hikeshi(['evidence', incident, '--output', bundle], { env })
      assert.equal(made.exit, 0, made.err)
      assert.ok((await readFile(join(bundle, 'cluster', 'pods.jsonl'), 'utf8')).includes('shodo-backend'))
    })
    const told = await hikeshi(['timeline', incident, '--lang', 'en'], { env })
    assert.match(told.out, /evidence of the close is collected into/)
  })
})
