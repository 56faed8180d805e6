/** What curl and ab print of a service, beside the facts of ours: both ask the same server, which answers in times that are known. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { httpHands } from '../../activities/http/index.ts'
import type { LoadFigures } from '../../activities/http/load.ts'
import { said } from '../../domain/words.ts'
import { findIn, pathFolders } from '../../lab/binaries/find.ts'
import { context, factsOf } from '../activities/postgres/reach.ts'
import { describeUnless, skipBecause } from '../lab/skip.ts'
import { assertNear } from './one-moment.ts'

const without = (program: string) =>
  findIn(pathFolders(), program) === undefined ? `no ${program} on PATH to compare with` : undefined

/** A process on a busy machine takes its time to begin, and to be scheduled. */
const starting = { by: 150 }

describeUnless(without('curl'), 'all that curl and ab say of a service is in the facts', () => {
  const hands = httpHands()
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
  })

  /** Answers the request of this number, from 0 on, after so many ms. */
  async function serving(status: number, afterMs: (request: number) => number = () => 0): Promise<string> {
    let requests = 0
    const server = createServer((_, response) => {
      const body = JSON.stringify({ status: status === 200 ? 'ok' : 'unavailable', ready: 3 })
      setTimeout(() => response.writeHead(status).end(body), afterMs(requests++))
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
  }

  it('curl -sf … | jq .: whether it is well, and its whole answer', async () => {
    for (const [status, code] of [
      [200, 0],
      [503, 22],
    ] as const) {
      const url = await serving(status)
      const theirs = await run('curl', '-sf', '--max-time', '5', url)
      const health = await hands['http.health']({ url, slowAfter: 1_000 }, context())
      assert.equal(theirs.code, code)
      assert.equal(factsOf(health).ok, theirs.code === 0)
      assert.equal(factsOf(health).status, status)
      if (status !== 200) continue
      const asked = { url, times: 2, within: 5_000, slowAfter: 1_000 }
      const healthy = await hands['http.healthy'](asked, context())
      assert.equal(said(health.text).en, theirs.stdout)
      assert.equal(said(healthy.text).en, `2 × HTTP 200\nlast answer: ${theirs.stdout}`)
    }
  })

  it('ten timed curls: the time of each', async () => {
    const times = (request: number) => (request % 10) * 60
    const url = await serving(200, times)
    // The seed's loop, with a shorter pause.
    const loop = `for i in {1..10}; do time curl -sf ${url} > /dev/null; sleep 0.1; done`
    const { stderr } = await run('bash', '-c', loop)
    const theirs = [...stderr.matchAll(/^real\t(\d+)m([\d.]+)s$/gm)].map(
      ([, minutes, seconds]) => Number(minutes) * 60_000 + Number(seconds) * 1_000,
    )
    const asked = { url, times: 10, every: 100, slowAfter: 1_000 }
    const { eachMs } = factsOf(await hands['http.timings'](asked, context())) as { eachMs: number[] }
    assert.deepEqual([theirs.length, eachMs.length], [10, 10])
    // Each is the time of its own request; how much longer the process took to begin is the machine's affair.
    for (const each of [theirs, eachMs])
      for (const [i, ms] of each.entries()) {
        const least = times(i)
        assert.ok(
          ms >= least - 1 && ms < least + 2_000,
          `request ${i + 1}: ${ms} ms, answered after ${least}`,
        )
      }
  })

  it('ab -n 100 -c 10: requests, failures, rate, and how the times spread', async function () {
    const missing = without('ab')
    if (missing !== undefined) skipBecause(this, missing)
    const times = (request: number) => (request % 100 < 15 ? 600 : 100)
    const url = await serving(200, times)
    const { stdout } = await run('ab', '-n', '100', '-c', '10', url)
    const figure = (name: string) => Number(new RegExp(`^${name}: +([\\d.]+)`, 'm').exec(stdout)?.[1])
    const params = { url, requests: 100, concurrency: 10 }
    const plan = await hands['http.load'].plan(params, context())
    const { after } = await hands['http.load'].run(params, plan, context())
    const ours = after as LoadFigures & { readonly concurrency: number }
    assert.deepEqual(
      [ours.requests, ours.failures, ours.concurrency],
      ['Complete requests', 'Failed requests', 'Concurrency Level'].map(figure),
    )
    assertNear(ours.tookMs, figure('Time taken for tests') * 1_000, { by: 500, percent: 30 }, 'took')
    assertNear(ours.perSecond, figure('Requests per second'), { by: 1, percent: 30 }, 'a second')
    const total = /^Total: +(\d+) +(\d+) +[\d.]+ +(\d+) +(\d+)$/m.exec(stdout)?.slice(1).map(Number) ?? []
    for (const [i, name] of (['minMs', 'meanMs', 'medianMs', 'maxMs'] as const).entries())
      assertNear(ours[name], total[i] ?? Number.NaN, starting, name)
    const spread = [...stdout.matchAll(/^ +(\d+)% +(\d+)/gm)]
    assert.deepEqual(
      Object.keys(ours.percentilesMs),
      spread.map(([, percent]) => percent),
    )
    for (const [line, percent = '', ms] of spread)
      assertNear(ours.percentilesMs[percent], Number(ms), starting, line)
  })
})

type Said = { readonly code: number; readonly stdout: string; readonly stderr: string }

function run(program: string, ...args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}
