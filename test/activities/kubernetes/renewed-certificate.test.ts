/** A client certificate that somebody renews on disk while the worker runs: calls and programs in containers both go by the new one. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createSecureServer, type Http2ServerRequest } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { kubernetesApi } from '../../../activities/kubernetes/index.ts'

describe('a client certificate that is renewed on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hikeshi-renewed-'))
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const seen: string[] = []

  function leaf(name: string, extension: string): void {
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    )
    writeFileSync(at('extension'), extension)
    const signed = [
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '1',
      '-extfile',
      'extension',
    ]
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...signed)
  }
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-subj',
    '/CN=ca',
    '-days',
    '1',
  )
  leaf('server', 'subjectAltName=IP:127.0.0.1')
  leaf('first', 'extendedKeyUsage=clientAuth')
  leaf('second', 'extendedKeyUsage=clientAuth')
  const tls = {
    key: readFileSync(at('server.key')),
    cert: readFileSync(at('server.crt')),
    ca: readFileSync(at('ca.crt')),
  }
  const server = createSecureServer({
    ...tls,
    requestCert: true,
    rejectUnauthorized: false,
    allowHTTP1: true,
  })
  const who = ({ socket }: IncomingMessage | Http2ServerRequest) =>
    (socket as TLSSocket).getPeerCertificate().subject?.CN
  server.on('request', (request, response) => {
    seen.push(`call: ${who(request)}, HTTP/${request.httpVersion}`)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"Pod"}')
  })
  server.on('upgrade', (request, socket) => {
    seen.push(`exec: ${who(request)}`)
    socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')
  })
  before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  after(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  function use(name: string): void {
    for (const kind of ['crt', 'key']) copyFileSync(at(`${name}.${kind}`), at(`client.${kind}`))
  }

  it('is the one that calls and programs in containers go by from then on', async () => {
    use('first')
    const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const config = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
      clusters: [{ name: 'k', cluster: { server: address, 'certificate-authority': 'ca.crt' } }],
      users: [{ name: 'u', user: { 'client-certificate': 'client.crt', 'client-key': 'client.key' } }],
    }
    writeFileSync(at('kubeconfig'), JSON.stringify(config))
    const kubernetes = kubernetesApi({ cluster: 'lab', kubeconfigPath: at('kubeconfig') })
    const context = { namespace: 'n' } as Parameters<typeof kubernetes.call>[0]['context']
    const both = async () => {
      await kubernetes.call({
        verb: 'get',
        resource: 'pods',
        target: 'pod/p',
        context,
        ask: ({ core }, options) => core.readNamespacedPod({ name: 'p', namespace: 'n' }, options),
      })
      const exec = await kubernetes.exec(new AbortController().signal)
      await assert.rejects(exec.exec('n', 'p', 'c', ['true'], null, null, null, false), (error) =>
        /404/.test((error as Error).message),
      )
    }
    const open = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))
    await both()
    use('second')
    await both()
    for (let i = 0; i < 40 && (await open()) > 0; i++) await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(await open(), 0, 'connections stay open')
    assert.deepEqual(seen, ['call: first, HTTP/1.1', 'exec: first', 'call: second, HTTP/1.1', 'exec: second'])
  })
})
