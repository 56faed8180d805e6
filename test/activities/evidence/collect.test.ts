/** A collection: curves, figures of databases and logs of a time, whole or not there. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connectionsOf, parseConnections } from '../../../activities/connections-file.ts'
import { type Bounds, collectOnce } from '../../../activities/evidence/collect.ts'
import { kubernetesApi } from '../../../activities/kubernetes/index.ts'
import { refuse } from '../../../activities/refusal.ts'
import type { Read } from '../../../activities/shared-readings.ts'
import type { MaskRule } from '../../../domain/evidence/mask.ts'
import type { Part } from '../../../domain/runbook/parts.ts'
import { scratch } from '../../scenarios/world.ts'
import { Kubelet, namespace } from './kubelet.ts'

const about = { workloads: ['deployment/backend'], selectors: [] }
const [fromMs, toMs] = [Date.parse('2026-11-30T09:00:00Z'), Date.parse('2026-11-30T11:00:00Z')]
const rate: Part = {
  id: 'backend.error-rate',
  kind: 'prometheus.query',
  // As a runbook has it: which connection is filled in.
  params: { query: 'rate(errors[5m])', series: 1 },
  service: 'backend',
}
const lag: Part = { id: 'database.lag', kind: 'postgres.lag', params: { connection: 'replica' } }

/** A Prometheus that answers a range with two series; what it was asked. */
async function prometheus() {
  const asked: URLSearchParams[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      asked.push(new URLSearchParams(body))
      const values = [
        [fromMs / 1_000, '0.5'],
        [fromMs / 1_000 + 15, 'NaN'],
        [fromMs / 1_000 + 30, '2'],
      ]
      const result = ['token=abcdefgh', 'b'].map((pod) => ({ metric: { pod }, values }))
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const file = `connections: { prometheus: { kind: prometheus, url: "http://127.0.0.1:${port}" } }`
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { asked, close, connections: connectionsOf(parseConnections(file, 'connections.yaml'), {}) }
}

describe('a collection of evidence', function () {
  this.timeout(120_000)

  type World = Awaited<ReturnType<typeof prometheus>> & {
    readonly kubelet: Kubelet
    readonly folder: string
    readonly collect: (
      asked: { readonly figures?: readonly Part[]; readonly logs?: true; readonly bounds?: Bounds },
      how?: {
        readonly writer?: string
        readonly read?: Read
        readonly words?: () => Promise<void>
        readonly rules?: readonly MaskRule[]
      },
    ) => ReturnType<typeof collectOnce>
  }

  const world = (work: (world: World) => Promise<void>) =>
    scratch(async (dir) => {
      const { kubelet, kubeconfig } = await Kubelet.open(dir)
      const monitoring = await prometheus()
      const directory = join(dir, 'archive', 'shodo-1', 'collected', 'close')
      const kubernetes = kubernetesApi({ cluster: 'fake', kubeconfigPath: kubeconfig })
      // As a worker does before it polls: on a slow machine it takes longer than a first answer may.
      await kubernetes.load()
      const context = {
        incident: 'shodo-1',
        stepRun: 'shodo-1/collect',
        cluster: 'fake',
        namespace,
        nowMs: toMs,
        head: { seq: 1, hash: 'abc' },
      }
      const collect: World['collect'] = ({ figures = [], logs, bounds }, how = {}) => {
        const { writer = '0001-0001', words = async () => {}, rules = [] } = how
        const { read = async () => ({ facts: { behindMs: 3, password: 'hunter2' }, findings: [] }) } = how
        const window = { fromMs: Date.now() - 600_000, toMs: Date.now() + 600_000 }
        return collectOnce(
          { directory, writer },
          {
            about,
            objects: false,
            figures,
            curves: { fromMs, toMs },
            ...(logs ? { logs: window } : {}),
            ...(bounds ? { bounds } : {}),
          },
          { read, words, connections: monitoring.connections },
          { kubernetes, context, rules },
        )
      }
      try {
        await work({ ...monitoring, kubelet, folder: directory, collect })
      } finally {
        await kubelet.close()
        await monitoring.close()
      }
    })

  it('says that there were more pods than can be listed', () =>
    world(async ({ collect, kubelet }) => {
      kubelet.say(kubelet.start('backend'), 'one')
      kubelet.isEndless = true
      const { missing, files } = await collect({ logs: true })
      assert.equal(files, 1)
      assert.match(missing[0]?.en ?? '', /^logs: the namespace has more than 10000 pods/)
      assert.match(missing[0]?.ja ?? '', /^ログ: 名前空間の Pod が 10000 個/)
    }))

  it('has the curve of a query over the time of the incident, bounded and masked', () =>
    world(async ({ collect, asked, folder }) => {
      const { missing, masked, files } = await collect({ figures: [rate] })
      assert.deepEqual([missing, masked, files], [[], 1, 1])
      const [form] = asked
      assert.deepEqual(
        [form?.get('query'), form?.get('start'), form?.get('end'), form?.get('step')],
        ['rate(errors[5m])', String(fromMs / 1_000), String(toMs / 1_000), '15'],
      )
      const curve = JSON.parse(await readFile(join(folder, 'metrics', 'backend.error-rate.json'), 'utf8'))
      assert.deepEqual(
        [curve.service, curve.everyMs, curve.more, curve.series.length],
        ['backend', 15_000, 1, 1],
      )
      assert.deepEqual(curve.series[0].points, [
        [fromMs, 0.5],
        [fromMs + 15_000, null],
        [fromMs + 30_000, 2],
      ])
      assert.match(curve.series[0].name, /\[masked:named\]/)
      assert.doesNotMatch(JSON.stringify(curve), /abcdefgh/)
    }))

  it('has what databases say of themselves, with secrets masked', () =>
    world(async ({ collect, folder }) => {
      await collect({ figures: [lag] })
      const read = JSON.parse(await readFile(join(folder, 'databases', 'database.lag.json'), 'utf8'))
      assert.deepEqual(read.facts, { behindMs: 3, password: '[masked:named]' })
    }))

  it('says what could not be had and has all else', () =>
    world(async ({ collect, folder }) => {
      const address = '10.0.0.7:5432'
      const read = async () =>
        refuse('database-unreachable', { connection: 'replica', address, reason: 'ECONNREFUSED' })
      const { missing } = await collect({ figures: [lag, rate] }, { read })
      assert.deepEqual(missing, [{ en: 'database.lag: ECONNREFUSED', ja: 'database.lag: ECONNREFUSED' }])
      assert.deepEqual(await readdir(folder), ['collected.json', 'metrics'])
    }))

  it('asks Prometheus nothing that no runbook of this worker has', () =>
    world(async ({ collect, asked }) => {
      const words = async () => refuse('not-published', { kind: 'prometheus.query' })
      const { missing, files } = await collect({ figures: [rate] }, { words })
      assert.deepEqual([asked.length, files, missing.length], [0, 0, 1])
    }))

  it('has the logs of a time where they fit', () =>
    world(async ({ collect, kubelet, folder }) => {
      const pods = ['a', 'b', 'c'].map((name) => kubelet.start('backend', `backend-5d4f8c7b9-${name}`))
      for (const pod of pods) kubelet.say(pod, ...Array.from({ length: 100 }, (_, i) => `line ${i}`))
      const whole = await collect({ logs: true, bounds: { bytes: 1e6, ms: 600_000 } })
      assert.deepEqual([whole.missing, whole.files], [[], 3])
      assert.equal((await readdir(join(folder, 'logs'))).length, 3)
    }))

  it('has the lines of a time also where a rule of the team would take their time for a number of an account', () =>
    world(async ({ collect, kubelet }) => {
      kubelet.say(kubelet.start('backend', 'backend-5d4f8c7b9-a'), 'account 12345678', 'tel 0312345678')
      const plain = await collect({ logs: true }, { rules: [{ name: 'number', pattern: /\d{4,}/gm }] })
      assert.equal(plain.masked, 2)
    }))

  it('has no more logs than fit, and names how many containers lack some', () =>
    world(async ({ collect, kubelet }) => {
      const pods = ['a', 'b', 'c'].map((name) => kubelet.start('backend', `backend-5d4f8c7b9-${name}`))
      for (const pod of pods) kubelet.say(pod, ...Array.from({ length: 100 }, (_, i) => `line ${i}`))
      const { missing, bytes } = await collect({ logs: true, bounds: { bytes: 6_000, ms: 600_000 } })
      assert.ok(bytes <= 6_000, `${bytes} bytes`)
      assert.match(missing[0]?.en ?? '', /^logs: [23] of 3 containers cut or left out/)
    }))

  it('is made once, whoever is asked again, and leaves nothing half done', () =>
    world(async ({ collect, folder, asked }) => {
      const first = await collect({ figures: [rate, lag] })
      const never: Read = () => assert.fail('asked again')
      const again = await collect({ figures: [rate, lag] }, { writer: '0001-0002', read: never })
      assert.deepEqual(again, first)
      assert.equal(asked.length, 1)
      assert.deepEqual(await readdir(join(folder, '..')), ['close'])
    }))

  it('counts what an earlier attempt left behind for nothing', () =>
    world(async ({ collect, folder, kubelet }) => {
      kubelet.refuses = { status: 503, message: 'etcd is away' }
      kubelet.start('backend')
      await assert.rejects(collect({ figures: [rate], logs: true }))
      const left = await readdir(join(folder, '..'))
      assert.deepEqual(left, ['close.0001-0001.unfinished'])
      kubelet.refuses = undefined
      await collect({ figures: [rate], logs: true }, { writer: '0001-0002' })
      assert.deepEqual(await readdir(join(folder, '..')), ['close'])
    }))
})
