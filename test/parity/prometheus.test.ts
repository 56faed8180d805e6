/** The seed's two questions to Prometheus by curl, beside the facts of ours. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { isDeepStrictEqual } from 'node:util'
import { openConnections } from '../../activities/connections-file.ts'
import { prometheusHands } from '../../activities/prometheus/index.ts'
import { said } from '../../domain/words.ts'
import { findIn, pathFolders } from '../../lab/binaries/find.ts'
import { healLab, type Lab } from '../../lab/index.ts'
import { until } from '../../lab/waiting.ts'
import { context, factsOf } from '../activities/postgres/reach.ts'
import { sharedLab } from '../lab/shared.ts'
import { describeUnless, skipWithout } from '../lab/skip.ts'
import { assertNear } from './one-moment.ts'

const missing = findIn(pathFolders(), 'curl') === undefined ? 'no curl on PATH to compare with' : undefined

describeUnless(missing, 'all that curl says of Prometheus is in the facts', () => {
  let lab: Lab
  let hands: ReturnType<typeof prometheusHands>
  before(async function () {
    this.timeout(300_000)
    lab = await sharedLab()
    skipWithout(this, lab, 'prometheus')
    await healLab(lab)
    hands = prometheusHands(await openConnections(lab.env.HIKESHI_CONNECTIONS, lab.env))
  })

  type Series = { readonly metric: Readonly<Record<string, string>>; readonly value: [number, string] }

  function seed(query: string): readonly Series[] {
    const url = `${lab.prometheusUrl}/api/v1/query`
    const answer = execFileSync('curl', ['-sG', url, '--data-urlencode', `query=${query}`])
    return (JSON.parse(answer.toString()) as { data: { result: Series[] } }).data.result
  }

  it('the rate of requests: each series with its labels and its value', async () => {
    const query = 'rate(http_request_duration_seconds_count[5m])'
    const theirs = await until(
      async () => {
        const series = seed(query)
        return series.length > 0 && series
      },
      { what: 'a rate of two scrapes', withinMs: 30_000 },
    )
    const asked = { connection: 'prometheus', query, series: 50 }
    const { series, shown } = factsOf(await hands['prometheus.query'](asked, context())) as unknown as {
      series: number
      shown: readonly { labels: Series['metric']; value: string }[]
    }
    assert.equal(series, theirs.length)
    for (const { metric, value } of theirs) {
      const name = JSON.stringify(metric)
      const own = shown.find(({ labels }) => isDeepStrictEqual(labels, metric))
      assert.ok(own, name)
      // Prometheus reckons again at each question, and right after the start of the lab the rate still grows.
      assertNear(Number(own.value), Number(value[1]), { by: 2, percent: 20 }, name)
    }
  })

  it('up: as many ones and zeros, and whose they are', async () => {
    const { theirs, ours } = await until(
      async () => {
        const reading = await hands['prometheus.targets']({ connection: 'prometheus' }, context())
        const up = seed('up')
        const { targets } = factsOf(reading)
        return up.length === targets && { theirs: up, ours: reading }
      },
      { what: 'every target to be scraped once', withinMs: 30_000 },
    )
    const values = theirs.map(({ value }) => value[1])
    const { up, down } = factsOf(ours)
    assert.deepEqual(
      [up, down],
      [values.filter((v) => v === '1').length, values.filter((v) => v === '0').length],
    )
    for (const { metric, value } of theirs) {
      const word = value[1] === '1' ? 'up' : 'down'
      assert.match(said(ours.text).en, new RegExp(`^${word} +${metric.job}/${metric.instance}$`, 'm'))
    }
  })
})
