import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { httpHands } from '../../../activities/http/index.ts'
import { catalogue } from '../../../domain/steps/catalogue.ts'
import type { Reading } from '../../../domain/steps/contract.ts'
import { said, verbatim } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'

describe('asking a service for its health', () => {
  const servers: Server[] = []
  const hands = httpHands()
  after(() => {
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
  })

  async function serving(answer: RequestListener): Promise<string> {
    const server = createServer(answer)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
  }
  const context = {
    incident: 'shodo-42',
    stepRun: 'shodo-42/health',
    cluster: 'lab',
    namespace: 'shodo',
    nowMs: 0,
    head: { seq: 1, hash: 'a' },
  }
  const health = (url: string, slowAfter = 1_000) => hands['http.health']({ url, slowAfter }, context)
  const codes = ({ findings }: Reading) => findings.map((finding) => finding.code)
  const factsOf = ({ facts }: Reading) => facts as Record<string, unknown>

  it('shows status, time and the first 2 KiB of the answer, without terminal escapes', async () => {
    const url = await serving((_, response) => response.end(`\u001b[31m{"ok":true}${'あ'.repeat(5_000)}`))
    const reading = await health(url)
    assert.equal(factsOf(reading).ok, true)
    assert.equal(factsOf(reading).status, 200)
    assert.deepEqual(codes(reading), [])
    assert.ok(said(reading.text).en.startsWith('{"ok":true}あ'))
    assert.ok(Buffer.byteLength(said(reading.text).en) <= 2_048)
  })

  it('finds a service that answers with an error, or refuses the connection', async () => {
    const url = await serving((_, response) => response.writeHead(503).end('{"database":"down"}'))
    const failing = await health(url)
    assert.deepEqual(codes(failing), ['health-failing'])
    assert.deepEqual(failing.findings[0]?.evidence, [verbatim(`GET ${url}: HTTP 503`), '{"database":"down"}'])
    const away = await health('http://127.0.0.1:9/health')
    assert.deepEqual(codes(away), ['health-failing'])
    assert.match(away.findings[0]?.says.en ?? '', /no connection \(/)
  })

  describe('again and again', () => {
    const timings = (url: string, slowAfter = 1_000) =>
      hands['http.timings']({ url, times: 10, every: 20, slowAfter }, context)

    it('tells how the times spread, and one slow answer from slow answers', async () => {
      let asked = 0
      const url = await serving((_, response) => {
        asked += 1
        setTimeout(() => response.end('ok'), asked === 4 ? 300 : 0)
      })
      const reading = await timings(url, 200)
      const { minMs, medianMs, p95Ms, maxMs, failures } = factsOf(reading) as Record<string, number>
      assert.deepEqual([asked, failures], [10, 0])
      assert.ok(Number(minMs) <= Number(medianMs) && Number(medianMs) < 200)
      assert.ok(Number(p95Ms) >= 300 && p95Ms === maxMs)
      assert.deepEqual(codes(reading), [], 'the median is fast')
      const slow = await serving((_, response) => setTimeout(() => response.end('ok'), 60))
      assert.deepEqual(codes(await timings(slow, 50)), ['slow-responses'])
    })

    it('counts what failed, and takes no time from it', async () => {
      let asked = 0
      const url = await serving((_, response) => {
        asked += 1
        response.writeHead(asked % 5 === 0 ? 503 : 200).end()
      })
      const reading = await timings(url)
      assert.deepEqual(factsOf(reading).outcomes, [
        { outcome: verbatim('HTTP 200'), times: 8 },
        { outcome: verbatim('HTTP 503'), times: 2 },
      ])
      assert.equal(factsOf(reading).failures, 2)
      assert.deepEqual(codes(reading), ['health-failing'])
      assert.match(reading.findings[0]?.says.en ?? '', /2 of 10 requests .* failed; the last one: HTTP 503/)
      const away = await timings('http://127.0.0.1:9/health')
      assert.deepEqual([factsOf(away).medianMs, factsOf(away).failures], [null, 10])
    })

    it('is measured for 40 s at most', () => {
      const { params } = catalogue['http.timings']
      const url = 'http://127.0.0.1/'
      assert.ok(params.safeParse({ url, times: 40 }).success)
      assert.match(String(params.safeParse({ url, times: 41 }).error?.issues[0]?.message), /at most 40 s/)
    })
  })

  it('finds slow answers', async () => {
    const url = await serving((_, response) => setTimeout(() => response.end('ok'), 150))
    const reading = await health(url, 100)
    assert.deepEqual(codes(reading), ['slow-responses'])
    assert.equal(factsOf(reading).ok, true)
  })

  it('finds a service that takes the connection and gives no answer, also in the middle of a body', async () => {
    const silent = await serving(() => {})
    const halfway = await serving((_, response) => response.writeHead(200).write('{"ok'))
    for (const reading of await Promise.all([health(silent), health(halfway)])) {
      assert.deepEqual(codes(reading), ['health-failing'])
      const [found] = reading.findings
      assert.match(found?.says.en ?? '', /: accepted the connection but gave no answer in 3\.[56] s$/)
      assert.match(found?.says.ja ?? '', /接続後 3\.[56] 秒以内に応答なし$/)
    }
  })

  it('says that the address leads nowhere', async () => {
    await assert.rejects(health('http://no-such-host.invalid/health'), (error) => {
      assert.equal(carriedBy(error)?.name, 'http-unreachable')
      return true
    })
  })

  it("follows redirects on the same host only, and shows neither passwords nor another host's health", async () => {
    const good = await serving((request, response) =>
      request.url === '/health'
        ? response.writeHead(302, { location: '/ready' }).end()
        : response.end('fine'),
    )
    assert.equal((await health(good)).text, 'fine')
    const away = await serving((_, response) =>
      response.writeHead(302, { location: 'http://localhost:9/' }).end(),
    )
    assert.deepEqual(codes(await health(away)), ['health-failing'])
    const circle = await serving((_, response) => response.writeHead(302, { location: '/health' }).end())
    assert.deepEqual(codes(await health(circle)), ['health-failing'])
    // Another port of the same name is another place.
    const elsewhere = await serving((_, response) =>
      response.writeHead(302, { location: good.replace('/health', '/ready') }).end(),
    )
    assert.deepEqual(codes(await health(elsewhere)), ['health-failing'])
    const secret = await health(`${good}?token=hunter2`)
    assert.ok(!JSON.stringify(secret).includes('hunter2'))
  })
})

describe('several answers in a row', () => {
  const context = {
    incident: 'shodo-42',
    stepRun: 'shodo-42/healthy',
    cluster: 'lab',
    namespace: 'shodo',
    nowMs: 0,
    head: { seq: 1, hash: 'a' },
  }
  const hands = httpHands()

  /** A service with two endpoints behind one address: each new connection goes to the next, and one of them is broken. */
  async function balanced(work: (url: string, connections: () => number) => Promise<void>): Promise<void> {
    let connections = 0
    const endpoints = [200, 500].map((status) =>
      createServer((_, response) => response.writeHead(status).end()).listen(0, '127.0.0.1'),
    )
    await Promise.all(endpoints.map((endpoint) => once(endpoint, 'listening')))
    const ports = endpoints.map((endpoint) => (endpoint.address() as AddressInfo).port)
    const balancer = createTcpServer((client) => {
      const port = ports[connections++ % ports.length] ?? 0
      const server = connect(port, '127.0.0.1')
      client.pipe(server).pipe(client)
      for (const socket of [client, server])
        socket.on('error', () => {
          client.destroy()
          server.destroy()
        })
    }).listen(0, '127.0.0.1')
    await once(balancer, 'listening')
    try {
      await work(`http://127.0.0.1:${(balancer.address() as AddressInfo).port}/health`, () => connections)
    } finally {
      balancer.close()
      for (const endpoint of endpoints) {
        endpoint.closeAllConnections()
        endpoint.close()
      }
    }
  }

  it('are of as many connections, so that half of the pods being broken is seen', async () => {
    await balanced(async (url, connections) => {
      const timings = await hands['http.timings']({ url, times: 10, every: 1, slowAfter: 1_000 }, context)
      assert.deepEqual(
        (timings.facts as { outcomes: readonly { times: number }[] }).outcomes.map(({ times }) => times),
        [5, 5],
      )
      assert.equal(connections(), 10)
    })
    await balanced(async (url) => {
      const healthy = await hands['http.healthy']({ url, times: 2, within: 1_500, slowAfter: 1_000 }, context)
      assert.equal((healthy.facts as { ok: boolean }).ok, false, 'never twice in a row')
    })
    await balanced(async (url, connections) => {
      const params = { url, requests: 20, concurrency: 4 }
      const plan = await hands['http.load'].plan(params, context)
      const done = await hands['http.load'].run(params, plan, context)
      assert.equal((done.after as { failures: number }).failures, 10)
      assert.equal(connections(), 20, 'as ab does without -k')
    })
  })
})

describe('waiting for a service to be healthy', () => {
  const servers: Server[] = []
  const healthy = httpHands()['http.healthy']
  after(() => {
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
  })
  const context = {
    incident: 'shodo-42',
    stepRun: 'shodo-42/healthy',
    cluster: 'lab',
    namespace: 'shodo',
    nowMs: 0,
    head: { seq: 1, hash: 'a' },
  }

  async function answering(statuses: readonly number[]): Promise<string> {
    let asked = 0
    const server = createServer((_, response) =>
      response.writeHead(statuses[Math.min(asked++, statuses.length - 1)] ?? 200).end(),
    )
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
  }

  it('counts good answers in a row; one bad answer restarts the count', async () => {
    const url = await answering([503, 200, 200, 500, 200])
    const { facts, findings } = await healthy({ url, times: 3, within: 5_000, slowAfter: 1_000 }, context)
    const { ok, tries, good } = facts as { ok: boolean; tries: number; good: number }
    assert.deepEqual({ ok, tries, good }, { ok: true, tries: 7, good: 5 })
    assert.deepEqual(findings, [])
  })

  it('gives up when the time is over and says what the last fault was', async () => {
    const url = await answering([503])
    const started = performance.now()
    const { facts, findings } = await healthy({ url, times: 3, within: 1_000, slowAfter: 1_000 }, context)
    const took = performance.now() - started
    assert.ok(took > 900, `took ${took} ms`)
    assert.equal((facts as { ok: boolean }).ok, false)
    assert.match(
      findings[0]?.says.en ?? '',
      /was not healthy 3 times in a row within 1 s .* last fault: HTTP 503$/,
    )
  })

  it('does not take slow answers for healthy ones', async () => {
    const server = createServer((_, response) => setTimeout(() => response.end('ok'), 120))
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const { findings } = await healthy({ url, times: 2, within: 1_000, slowAfter: 50 }, context)
    assert.deepEqual(
      findings.map((finding) => finding.code),
      ['slow-responses'],
    )
  })

  describe('and for its smoke test', () => {
    /** A service whose answers go by the path, with how often each was asked for. */
    async function app(answer: (path: string, time: number) => { status?: number; body?: string }) {
      const asked = new Map<string, number>()
      const server = createServer(({ url: path = '' }, response) => {
        const time = (asked.get(path) ?? 0) + 1
        asked.set(path, time)
        const { status = 200, body = '' } = path === '/health' ? {} : answer(path, time)
        response.writeHead(status).end(body)
      })
      servers.push(server)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const ask = (smokeTest: readonly object[], within = 1_500) => {
        const own = smokeTest.map((request) => ({
          ...request,
          url: `${at}${(request as { url: string }).url}`,
        }))
        const params = { url: `${at}/health`, times: 2, within, slowAfter: 5_000, smokeTest: own }
        return healthy(catalogue['http.healthy'].params.parse(params), context)
      }
      return { ask, asked }
    }

    it('passes when every request is answered as it says, also after a while', async () => {
      const { ask, asked } = await app((path, time) => {
        if (path === '/gone') return { status: 404 }
        return path === '/works' ? { status: time < 3 ? 503 : 200, body: '{"works":[]}' } : {}
      })
      const { facts, findings } = await ask(
        [{ url: '/works', contains: '"works"' }, { url: '/gone', status: 404 }, { url: '/any' }],
        30_000,
      )
      assert.deepEqual(findings, [])
      const { ok, smokeTest, passed } = facts as Record<string, unknown>
      assert.deepEqual([ok, smokeTest, passed], [true, 3, 3])
      assert.deepEqual([asked.get('/works'), asked.get('/gone'), asked.get('/any')], [3, 1, 1])
    })

    it('fails with what was answered instead', async () => {
      const { ask } = await app((path) => (path === '/works' ? { body: 'maintenance' } : { status: 500 }))
      const { facts, findings } = await ask([
        { url: '/works?limit=1', contains: '"works"' },
        { url: '/orders' },
        { url: '/orders', status: 500 },
      ])
      assert.equal((facts as { ok: boolean }).ok, false)
      assert.deepEqual(
        findings.map(({ code, says }) => [code, says.en.replace(/:\d+\//, '/')]),
        [
          ['health-failing', 'smoke test: http://127.0.0.1/works: HTTP 500, expected 2xx'],
          ['health-failing', 'smoke test: http://127.0.0.1/orders: HTTP 500, expected 2xx'],
        ],
      )
      const { ask: again } = await app(() => ({ body: 'maintenance' }))
      const [missing] = (await again([{ url: '/works', contains: '"works"' }])).findings
      assert.match(missing?.says.en ?? '', /\/works: the answer does not contain ""works""$/)
    })

    it('is not asked of a service that is not healthy', async () => {
      const url = await answering([503])
      const smokeTest = [{ url }]
      const { findings } = await healthy({ url, times: 1, within: 1, slowAfter: 5_000, smokeTest }, context)
      assert.deepEqual([findings.length, /smoke/.test(findings[0]?.says.en ?? '')], [1, false])
    })
  })

  it('asks 50 times within 30 s, as the widest parameters allow', async () => {
    const url = await answering([200])
    const { facts } = await healthy({ url, times: 50, within: 30_000, slowAfter: 1_000 }, context)
    assert.equal((facts as { ok: boolean }).ok, true)
  })
})
