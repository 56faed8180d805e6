import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { httpHands } from '../../../activities/http/index.ts'
import type { LoadFigures } from '../../../activities/http/load.ts'
import { catalogue, isOnce } from '../../../domain/steps/catalogue.ts'
import { changePatience } from '../../../workflows/calls/options.ts'

describe('a light load test', () => {
  const hand = httpHands()['http.load']
  const context = {
    incident: 'shodo-42',
    stepRun: 'shodo-42/load',
    cluster: 'lab',
    namespace: 'shodo',
    nowMs: 0,
    head: { seq: 1, hash: 'a' },
  }

  async function load(answer: RequestListener, requests: number, concurrency: number) {
    const server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health?token=secret`
    const params = { url, requests, concurrency }
    try {
      const plan = await hand.plan(params, context)
      const done = await hand.run(params, plan, context)
      return {
        plan,
        done,
        figures: done.after as LoadFigures,
        verified: await hand.verify(params, plan, done, context),
      }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  it('sends just so many requests, never more at a time, and says how they spread', async () => {
    let asked = 0
    let inside = 0
    let most = 0
    const { plan, done, figures, verified } = await load(
      (_, response) => {
        asked += 1
        most = Math.max(most, ++inside)
        setTimeout(
          () => {
            inside -= 1
            response.writeHead(asked % 10 === 0 ? 500 : 200).end()
          },
          asked === 50 ? 200 : 10,
        )
      },
      100,
      10,
    )
    assert.deepEqual([asked, most], [100, 10])
    assert.deepEqual(
      [figures.requests, figures.wanted, figures.failures],
      [100, 100, figures.outcomes.find(({ outcome }) => outcome.en === 'HTTP 500')?.times],
    )
    const { minMs, medianMs, p95Ms, maxMs } = figures
    const order = [minMs, medianMs, p95Ms, maxMs].map(Number)
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    )
    assert.ok(figures.perSecond > 20, `${figures.perSecond}`)
    assert.match(
      done.says.en,
      /^100 requests to .*, [\d.]+ per second; min\/median\/p95\/max [\d/]+ ms; \d+ failed$/,
    )
    assert.equal(verified.ok, true)
    assert.doesNotMatch(JSON.stringify([plan.says, plan.target, done]), /secret/)
  })

  it('counts what is refused and never comes as failures, without times', async () => {
    const { figures } = await load((request) => request.socket.destroy(), 5, 5)
    assert.deepEqual([figures.failures, figures.medianMs], [5, null])
  })

  it('is not begun a second time when its worker is lost: nobody knows what that one has sent', () => {
    assert.equal(isOnce('http.load'), true)
    assert.equal(changePatience('lab', true).options.retry?.maximumAttempts, 1)
    const repeated = Object.keys(catalogue).filter(isOnce)
    assert.deepEqual(repeated, ['http.load'], 'all other changes know their own work again')
  })

  it('is bounded, asks for an approval, and repairs nothing', () => {
    const kind = catalogue['http.load']
    assert.equal(kind.risk, 'disruptive')
    assert.equal(kind.repairs, false)
    const url = 'http://x/health'
    for (const bad of [
      { requests: 1_001 },
      { concurrency: 51 },
      { requests: 0 },
      { requests: 5, concurrency: 6 },
    ])
      assert.equal(kind.params.safeParse({ url, ...bad }).success, false, JSON.stringify(bad))
    assert.deepEqual(kind.params.parse({ url }), { url, requests: 100, concurrency: 10 })
  })
})
