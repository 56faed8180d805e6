import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { Manifest } from '../domain/evidence/manifest.ts'
import { inParallel } from '../edge/in-parallel.ts'
import { findIn, pathFolders } from '../lab/binaries/find.ts'
import type { Lab } from '../lab/index.ts'
import { until as awaited } from '../lab/waiting.ts'
import { openDesk } from '../test/scenarios/world.ts'
import { type Figure, type Here, quantile, timed } from './figure.ts'
import { memoryOf, startReleasedWorker } from './released.ts'

const run = promisify(execFile)
const namespace = 'shodo'
const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`

/** Many pods that say what a pod says in some minutes, and few that say a gigabyte together. */
const crowd = { name: 'bench-crowd', pods: 60, bytes: 100_000 }
const large = { name: 'bench-large', pods: 8, bytes: 125_000_000 }
type Group = typeof crowd
/** One collection of a second says little on a machine that does something else as well. */
const pairsMeasured = 5

/** Logs of a time as a bundle, with events and manifests, against `kubectl logs` of the same pods one after the other; and what a worker holds of a gigabyte. */
export async function measureEvidence({ lab, env, client }: Here): Promise<readonly Figure[]> {
  // Of the lab's folder kwok sees what lies there now; it has a /tmp of its own.
  const dir = await mkdtemp(join(lab.dir, 'bench-'))
  const cluster = `evidence-${process.pid}`
  const worker = await startReleasedWorker({ ...env, HIKESHI_CLUSTER: cluster })
  try {
    const groups = { crowd: await play(lab, dir, crowd), large: await play(lab, dir, large) }
    const services = Object.fromEntries(
      [crowd, large].map(({ name }) => [
        name,
        {
          title: { ja: name, en: name },
          deployment: name,
          selector: `app=${name}`,
          slowAfter: 1_000,
          look: [{ kind: 'kubernetes.pods', with: { selector: `app=${name}` } }],
        },
      ]),
    )
    const { name } = await openDesk(
      { client, env },
      { change: (book) => ({ ...book, cluster, services: { ...book.services, ...services } }) },
    )
    const collect = async (group: Group, output: string) => {
      const [start, end] = [-600_000, 600_000].map((ms) => new Date(Date.now() + ms).toISOString())
      const what = ['--runbook', name, '--service', group.name, '--output', join(dir, output)]
      const argv = ['logs', 'collect', '--start', String(start), '--end', String(end), ...what]
      const { stdout } = await run(process.execPath, ['dist/hikeshi.js', ...argv, '-o', 'json'], { env })
      const { files, missing } = JSON.parse(stdout).manifest as Manifest
      const logs = files.filter(({ path, bytes }) => path.startsWith('logs/') && bytes >= group.bytes * 0.8)
      if (logs.length !== group.pods)
        throw new Error(
          `${logs.length} of ${group.pods} logs are whole: ${JSON.stringify([missing.slice(0, 3), files.slice(0, 9)])}`,
        )
    }
    // Everything is loaded once, on both sides.
    await collect(crowd, 'first')
    const pairs: { readonly ours: number; readonly theirs: number | undefined }[] = []
    for (let pair = 0; pair < pairsMeasured; pair += 1) {
      const ours = await timed(() => collect(crowd, `crowd-${pair}`))
      pairs.push({ ours, theirs: await kubectlLogs(lab, dir, groups.crowd) })
    }
    const ratios = pairs.flatMap(({ ours, theirs }) => (theirs === undefined ? [] : [theirs / ours]))
    const restMib = memoryOf(worker).peakMib
    const largeMs = await timed(() => collect(large, 'large'))
    const growth = memoryOf(worker).peakMib - restMib
    for (const { name } of [crowd, large]) await lab.cluster().delete(`${deployments}/${name}`)
    return [
      ...(ratios.length === 0
        ? []
        : [
            {
              what: `evidence of ${crowd.pods} pods, times faster than kubectl logs one by one, p50 of ${pairsMeasured}`,
              value: quantile(ratios, 0.5),
              unit: 'times',
              least: 3,
            },
          ]),
      {
        what: `evidence of ${crowd.pods} pods, p50`,
        value: quantile(
          pairs.map(({ ours }) => ours),
          0.5,
        ),
        unit: 'ms',
      },
      { what: 'evidence of 1 GB of logs', value: largeMs, unit: 'ms' },
      {
        what: 'memory of a worker that collects 1 GB of logs, more than for few',
        value: growth,
        unit: 'MiB',
        limit: 100,
      },
    ]
  } finally {
    await worker.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

type Pod = { readonly metadata: { readonly name: string } }

/** Pods that run and have said so much; kwok serves their log from one file. */
async function play(lab: Lab, dir: string, { name, pods, bytes }: Group): Promise<readonly string[]> {
  const cluster = lab.cluster()
  const labels = { app: name }
  const file = join(dir, `${name}.log`)
  await cluster.post(deployments, {
    metadata: { name, labels },
    spec: {
      replicas: pods,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: `${name}:1` }], automountServiceAccountToken: false },
      },
    },
  })
  const found = await awaited(
    async () => {
      const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${name}&fieldSelector=status.phase%3DRunning`
      const { items } = await cluster.get<{ readonly items: readonly Pod[] }>(path)
      return items.length === pods && items
    },
    { what: `${pods} pods of ${name}`, withinMs: 300_000, everyMs: 500 },
  )
  // A container says nothing before it starts, and nobody asks for what is older.
  await writeLog(file, bytes)
  const logs = `/apis/kwok.x-k8s.io/v1alpha1/namespaces/${namespace}/logs`
  // The lab's app names a file of its own for every pod of the namespace; ours comes after it.
  await inParallel(found, 8, ({ metadata: { name: pod } }) =>
    awaited(
      () =>
        cluster.mergePatch(`${logs}/${pod}`, {
          spec: { logs: [{ logsFile: file, previousLogsFile: file }] },
        }),
      { what: `the log of ${pod}`, withinMs: 60_000, everyMs: 500 },
    ),
  )
  return found.map(({ metadata }) => metadata.name)
}

/** As a container runtime writes it, each line a moment later; one in a hundred has a secret. */
async function writeLog(file: string, bytes: number): Promise<void> {
  const out = createWriteStream(file)
  const startMs = Date.now()
  for (let written = 0, line = 0; written < bytes; line += 1_000) {
    const lines = Array.from({ length: 1_000 }, (_, i) => {
      const at = new Date(startMs)
        .toISOString()
        .replace('Z', `${String((line + i) % 1_000_000).padStart(6, '0')}Z`)
      const secret = i % 100 === 0 ? ' token=abcdefgh1234' : ''
      return `${at} stdout F INFO request ${line + i} GET /works/${i} answered 200 in ${i % 90} ms${secret}\n`
    }).join('')
    written += lines.length
    if (!out.write(lines)) await once(out, 'drain')
  }
  out.end()
  await finished(out)
}

/** Milliseconds; undefined where there is no kubectl to compare with. */
async function kubectlLogs(lab: Lab, dir: string, pods: readonly string[]): Promise<number | undefined> {
  if (findIn(pathFolders(), 'kubectl') === undefined) return undefined
  const env = { PATH: process.env.PATH, KUBECONFIG: lab.kubeconfig, HOME: lab.dir }
  const logOf = async (pod: string) => {
    const argv = ['--namespace', namespace, 'logs', pod, '--timestamps']
    const { stdout } = await run('kubectl', argv, { env, maxBuffer: 1024 ** 3 })
    await writeFile(join(dir, `${pod}.txt`), stdout)
  }
  await logOf(pods[0] ?? '')
  return timed(async () => {
    for (const pod of pods) await logOf(pod)
  })
}
