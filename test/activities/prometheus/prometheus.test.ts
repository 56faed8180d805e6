import assert from 'node:assert/strict'
import { openConnections } from '../../../activities/connections-file.ts'
import { prometheusHands } from '../../../activities/prometheus/index.ts'
import type { Reading } from '../../../domain/steps/contract.ts'
import { said } from '../../../domain/words.ts'
import { breakLab, healLab, type Lab } from '../../../lab/index.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { sharedLab } from '../../lab/shared.ts'
import { skipWithout } from '../../lab/skip.ts'

const connection = 'prometheus'
const context = {
  incident: 'shodo-42',
  stepRun: 'shodo-42/query',
  cluster: 'lab',
  namespace: 'shodo',
  nowMs: 0,
  head: { seq: 1, hash: 'a' },
}

type Targets = { readonly targets: number; readonly up: number }
const allUp = ({ targets, up }: Targets) => targets > 1 && up === targets

describe("reading the lab's Prometheus", function () {
  this.timeout(90_000)
  let lab: Lab
  let hands: ReturnType<typeof prometheusHands>

  before(async function () {
    lab = await sharedLab()
    skipWithout(this, lab, 'prometheus', 'alertmanager')
    await healLab(lab)
    hands = prometheusHands(await openConnections(lab.env.HIKESHI_CONNECTIONS, lab.env))
  })
  after(async () => {
    if (lab !== undefined) await healLab(lab)
  })

  async function until(read: () => Promise<Reading>, wanted: (seen: Reading) => boolean): Promise<Reading> {
    const end = Date.now() + 30_000
    for (;;) {
      const seen = await read()
      if (wanted(seen)) return seen
      if (Date.now() > end) throw new Error(JSON.stringify(seen))
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  const query = (text: string, series = 20) =>
    hands['prometheus.query']({ connection, query: text, series }, context)
  const factsOf = ({ facts }: Reading) =>
    facts as { series: number; shown: readonly Record<string, unknown>[] }

  it('shows the value of each series, and of more only their number', async () => {
    const all = await until(
      () => query('sum by (service) (rate(http_request_duration_seconds_count[5s]))'),
      (seen) => factsOf(seen).series === 3 && /service="backend"\} {2}(19|2[0-9])/.test(said(seen.text).en),
    )
    assert.match(said(all.text).en, /^\{service="(ai-server|backend|frontend)"\} {2}\d+/)
    const few = await query('http_request_duration_seconds_bucket', 5)
    assert.equal(factsOf(few).shown.length, 5)
    assert.match(said(few.text).en, /and \d+ more series$/)
    assert.match(said((await query('1 / 0')).text).en, /\+Inf/)
    assert.equal(said((await query('no_such_metric')).text).en, 'no series')
  })

  it('scrapes a histogram that Prometheus takes for one: its quantile is that of the users', async () => {
    const read = await until(
      () => query('histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket[5s])))'),
      (seen) => factsOf(seen).series === 1,
    )
    const value = Number(factsOf(read).shown[0]?.value)
    assert.ok(value > 0.01 && value <= 0.025, `${value}`)
  })

  it('shows least, greatest and last value over time, within a bound of points', async () => {
    const params = { connection, query: 'up{job="shodo"}', series: 20, last: 30_000, every: 1_000 }
    const read = await until(
      () => hands['prometheus.range'](params, context),
      (seen) => factsOf(seen).series === 1,
    )
    const [one] = factsOf(read).shown
    assert.deepEqual([one?.max, one?.now], [1, '1'])
    assert.match(said(read.text).en, /^up\{instance=".*",job="shodo"\} {2}min [01] {2}max 1 {2}last 1$/)
  })

  it("refuses a bad query in Prometheus's own words", async () => {
    for (const bad of ['sum(', 'rate(up)', 'up[5m] offset']) {
      await assert.rejects(query(bad), (error) => {
        const found = carriedBy(error)
        assert.equal(found?.name, 'query-refused')
        assert.match(said(found?.params.reason).en, /parse error/)
        return true
      })
    }
    const unknown = query('up').then(() =>
      hands['prometheus.query']({ connection: 'other', query: 'up', series: 1 }, context),
    )
    await assert.rejects(unknown, (error) => carriedBy(error)?.name === 'unknown-connection')
  })

  it('finds a target that is down, with the error of its scrape', async () => {
    const read = () => hands['prometheus.targets']({ connection }, context)
    await until(read, ({ findings, facts }) => findings.length === 0 && allUp(facts as Targets))
    await lab.kill('app')
    try {
      // A scrape under way when it dies is reset; those after it are refused.
      const isRefused = ({ findings }: Reading) =>
        /connection refused/.test(said(findings[0]?.evidence[0]).en)
      const { findings } = await until(read, isRefused)
      assert.deepEqual(
        findings.map((f) => f.code),
        ['target-down'],
      )
      assert.match(findings[0]?.subject ?? '', /^target\/shodo\/127\.0\.0\.1:\d+$/)
    } finally {
      await lab.start('app')
    }
  })

  it('finds an alert that fires, and the place that its labels name', async () => {
    await breakLab(lab, 'errors')
    const read = () => hands['prometheus.alerts']({ connection, except: ['ShodoDown'] }, context)
    const { findings } = await until(read, (seen) => seen.findings.some((f) => /ShodoErrors/.test(f.subject)))
    const finding = findings.find((f) => /ShodoErrors/.test(f.subject))
    const { place } = (finding?.data ?? {}) as { readonly place?: { readonly service?: string } }
    assert.deepEqual([finding?.code, place?.service], ['alert-firing', 'backend'])
    assert.match(finding?.says.en ?? '', /^Alert ShodoErrors is firing: backend: \d/)
  })
})
