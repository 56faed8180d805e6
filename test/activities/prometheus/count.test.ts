import assert from 'node:assert/strict'
import { openConnections } from '../../../activities/connections-file.ts'
import { prometheusHands } from '../../../activities/prometheus/index.ts'
import { said } from '../../../domain/words.ts'
import type { Lab } from '../../../lab/index.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { sharedLab } from '../../lab/shared.ts'
import { skipWithout } from '../../lab/skip.ts'

const connection = 'prometheus'
const context = {
  incident: 'shodo-42',
  stepRun: 'shodo-42/affected-users',
  cluster: 'lab',
  namespace: 'shodo',
  nowMs: 0,
  head: { seq: 1, hash: 'a' },
}

describe('a count by PromQL', function () {
  this.timeout(90_000)
  let lab: Lab
  let hands: ReturnType<typeof prometheusHands>

  before(async function () {
    lab = await sharedLab()
    skipWithout(this, lab, 'prometheus')
    hands = prometheusHands(await openConnections(lab.env.HIKESHI_CONNECTIONS, lab.env))
  })

  const count = (query: string, minutes = 10) => {
    const until = new Date()
    const since = new Date(until.getTime() - minutes * 60_000)
    const span = { since: since.toISOString(), until: until.toISOString() }
    return hands['prometheus.count']({ connection, query, ...span }, context)
  }
  const reasonOf = (work: Promise<unknown>) =>
    work.then(
      () => assert.fail('it was counted'),
      (error) => [carriedBy(error)?.name, said(carriedBy(error)?.params.reason).en],
    )

  it('puts the length of the time where the query wants it, and rounds what PromQL extrapolates', async () => {
    const { facts } = await count('vector(2.6) + 0 * count(count_over_time(up[$window]))')
    const { query, count: counted } = facts as { readonly query: string; readonly count: number }
    assert.match(query, /\[600s\]/)
    assert.equal(counted, 3)
  })

  it('does not take no series, several, or no figure for a count', async () => {
    const nothing = await reasonOf(count('sum(increase(no_such_metric[$window]))'))
    assert.deepEqual(nothing[0], 'query-refused')
    assert.match(nothing[1] ?? '', /got 0 series; add "or vector\(0\)"/)
    assert.match((await reasonOf(count('count_over_time(up[$window])')))[1] ?? '', /got \d+ series/)
    assert.match(
      (await reasonOf(count('vector(0) / 0 * count(count_over_time(up[$window]))')))[1] ?? '',
      /NaN/,
    )
    const none = await count('sum(increase(no_such_metric[$window])) or vector(0)')
    assert.equal((none.facts as { readonly count: number }).count, 0)
  })
})
