import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Kubernetes, kubernetesApi } from '../../../activities/kubernetes/index.ts'

describe('answers of Kubernetes that are read as they come', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hikeshi-streams-'))
  const connections: Socket[] = []
  const asked: string[] = []
  let answer: RequestListener
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  server.on('connection', (socket) => connections.push(socket))
  let kubernetes: Kubernetes
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const config = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
      clusters: [{ name: 'k', cluster: { server: address, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { token: 'abc' } }],
    }
    writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config))
    kubernetes = kubernetesApi({ cluster: 'lab', kubeconfigPath: join(folder, 'kubeconfig') })
  })
  beforeEach(() => {
    for (const all of [connections, asked]) all.length = 0
    answer = (request, response) => response.end(`log of ${request.url}`)
  })
  after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })

  async function read(path: string): Promise<string> {
    const context = { namespace: 'n' } as Parameters<Kubernetes['stream']>[0]['context']
    const what = { verb: 'get', resource: 'pods/log', target: 'pod/p', context } as const
    const log = await text(await kubernetes.stream(what, path, new AbortController().signal))
    // The connection is free a moment later.
    await new Promise((resolve) => setImmediate(resolve))
    return log
  }

  it('come over one connection where one is read after the other', async () => {
    for (const path of ['/a', '/b', '/c']) assert.equal(await read(path), `log of ${path}`)
    assert.equal(connections.length, 1)
  })

  it('are asked for again where the connection was closed meanwhile', async () => {
    await read('/a')
    answer = (request, response) => {
      // What the server does that goes away just then: the second request finds nobody.
      if (asked.length === 2) request.socket.destroy()
      else response.end(`log of ${request.url}`)
    }
    assert.equal(await read('/b'), 'log of /b')
    assert.deepEqual(asked, ['/a', '/b', '/b'])
  })

  it('fail where a new connection is closed', async () => {
    server.closeIdleConnections()
    answer = (request) => request.socket.destroy()
    await assert.rejects(read('/a'), { message: /./ })
    assert.ok(asked.length <= 2, asked.join(' '))
  })
})
