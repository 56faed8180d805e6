import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connectionsOf, parseConnections } from '../../../activities/connections-file.ts'
import { readCurve } from '../../../activities/prometheus/curve.ts'
import { prometheusHands } from '../../../activities/prometheus/index.ts'
import type { Curve } from '../../../domain/evidence/curve.ts'
import type { Reading } from '../../../domain/steps/contract.ts'
import { said } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { freePort } from '../free-port.ts'

const secret = 'a-token-of-the-monitoring'
const context = {
  incident: 'shodo-42',
  stepRun: 'shodo-42/query',
  cluster: 'lab',
  namespace: 'shodo',
  nowMs: 0,
  head: { seq: 1, hash: 'a' },
}

function handsAt(url: string) {
  const file = `connections: { prometheus: { kind: prometheus, url: "${url}", secretEnv: PROM } }`
  const connections = connectionsOf(parseConnections(file, 'connections.yaml'), { PROM: secret })
  return { connections, hands: prometheusHands(connections) }
}

const asked = { connection: 'prometheus', query: 'up', series: 20 }

function queryAt(url: string) {
  return handsAt(url).hands['prometheus.query'](asked, context)
}

/** What a query comes to where a server answers like this. */
async function against(answer: RequestListener, ask: (url: string) => Promise<unknown> = queryAt) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}/prom/`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function failing(work: Promise<unknown>, name: string, reason: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    const found = carriedBy(error)
    assert.equal(found?.name, name, String(error))
    assert.match(said(found?.params.reason ?? found?.params.problem).en, reason)
    assert.doesNotMatch(
      JSON.stringify([found, (error as Error).message, (error as Error).stack]),
      new RegExp(secret),
    )
    return true
  })
}

describe('a Prometheus that does not answer as one', () => {
  it('is sent its token and the query in the body, below its own path', async () => {
    let seen: unknown
    await against((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        seen = [request.method, request.url, request.headers.authorization, body]
        response.end('{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["new"]}')
      })
    })
    assert.deepEqual(seen, ['POST', '/prom/api/v1/query', `Bearer ${secret}`, 'query=up&timeout=3s'])
  })

  it('is asked over a connection of its own each time: a proxy may close one that is kept just as the next query comes', async () => {
    const used = new Set<unknown>()
    const server = createServer(({ socket }, response) => {
      if (used.has(socket)) return socket.destroy()
      used.add(socket)
      return response.end('{"status":"success","data":{"resultType":"vector","result":[]}}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      for (let i = 0; i < 3; i++) {
        await queryAt(url)
        // A kept connection is free for the next query only from the next turn on.
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      assert.equal(used.size, 3)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('is unreachable where nobody listens, and within 3.5 s where it hangs', async () => {
    await failing(queryAt(`http://127.0.0.1:${await freePort()}`), 'database-unreachable', /ECONNREFUSED/)
    await failing(
      against(() => {}),
      'database-unreachable',
      /no answer in 3\.5 s/,
    )
  })

  it('refuses with HTTP 401, and is unreachable where something else answers', async () => {
    await failing(
      against((_, r) => r.writeHead(401).end('no')),
      'query-refused',
      /HTTP 401/,
    )
    await failing(
      against((_, r) => r.writeHead(502).end(`<b>${secret}</b>`)),
      'database-unreachable',
      /HTTP 502/,
    )
    await failing(
      against((_, r) => r.end('<html>')),
      'database-unreachable',
      /not from Prometheus/,
    )
    const busy = '{"status":"error","errorType":"timeout","error":"query timed out"}'
    await failing(
      against((_, r) => r.writeHead(503).end(busy)),
      'database-unreachable',
      /timeout: query timed out/,
    )
  })

  it('is not taken for whole where it warns that stores did not answer: a reading says so, and a count is none', async () => {
    const warns = (result: object): RequestListener => {
      const warnings = ['receive series from store-2: context deadline exceeded']
      return (_, response) => response.end(JSON.stringify({ status: 'success', data: result, warnings }))
    }
    const vector = warns({ resultType: 'vector', result: [{ metric: {}, value: [1, '17'] }] })
    const matrix = warns({ resultType: 'matrix', result: [{ metric: {}, values: [[1, '17']] }] })
    const range = (url: string) =>
      handsAt(url).hands['prometheus.range']({ ...asked, last: 60_000, every: 15_000 }, context)
    for (const answered of [await against(vector), await against(matrix, range)]) {
      const { partial, text } = answered as Reading
      assert.equal(partial, true)
      assert.match(said(text ?? '').en, /Prometheus warns: receive series from store-2/)
    }
    const alerts = (url: string) =>
      handsAt(url).hands['prometheus.alerts']({ connection: 'prometheus', except: [] }, context)
    assert.equal(((await against(warns({ alerts: [] }), alerts)) as Reading).partial, true)
    const curve = (url: string) => readCurve(handsAt(url).connections, asked, { fromMs: 0, toMs: 60_000 })
    assert.match(((await against(matrix, curve)) as Curve).warnings?.[0] ?? '', /store-2/)
    const count = (url: string) => handsAt(url).hands['prometheus.count'](asked, context)
    await failing(against(vector, count), 'query-refused', /Prometheus warns: receive series from store-2/)
  })

  it('is not read beyond 8 MiB', async () => {
    const endless: RequestListener = (_, response) => {
      const chunk = Buffer.alloc(1_048_576, 'x')
      const write = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', write)
      write()
    }
    await failing(against(endless), 'database-unreachable', /exceeds 8 MiB/)
  })

  it('has no user or password in its address', () => {
    assert.throws(
      () => parseConnections('connections: { p: { kind: prometheus, url: "http://a:b@c" } }', 'f'),
      /without user and password/,
    )
  })
})
