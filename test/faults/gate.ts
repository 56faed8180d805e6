/**
 * A reverse proxy in front of the real API server, through which a worker goes: a test can hold one request before it reaches the
 * server, or the server's answer before it reaches the worker, and kill somebody meanwhile.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Agent, request } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import { parse, stringify } from 'yaml'

export type Gate = {
  /** A kubeconfig for the same person through the gate. */
  readonly kubeconfig: string
  /** Called for every request; what it awaits holds the request, or (`answer`) the answer. */
  on: (hold: Hold | undefined) => void
  readonly close: () => Promise<void>
}

export type Hold = {
  readonly before?: (method: string, path: string) => Promise<void>
  readonly answer?: (method: string, path: string, status: number) => Promise<void>
}

type Kubeconfig = { clusters: { cluster: Record<string, string> }[] }

export async function openGate(kubeconfig: string, file: string): Promise<Gate> {
  const config = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
  const cluster = config.clusters[0]?.cluster
  if (cluster?.server === undefined) throw new Error(`${kubeconfig} names no server`)
  const upstream = new URL(cluster.server)
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  let hold: Hold | undefined
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing, upstream, agent, () => hold).catch(() => outgoing.destroy())
  })
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgraded.add(socket)
    socket.on('close', () => upgraded.delete(socket))
    upgrade(incoming, socket, head, upstream, () => hold).catch(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the gate has no port')
  const { 'certificate-authority': _, 'certificate-authority-data': __, ...rest } = cluster
  const through = { ...rest, server: `http://127.0.0.1:${address.port}`, 'insecure-skip-tls-verify': true }
  writeFileSync(file, stringify({ ...config, clusters: [{ ...config.clusters[0], cluster: through }] }), {
    mode: 0o600,
  })
  return {
    kubeconfig: file,
    on: (next) => {
      hold = next
    },
    close: async () => {
      agent.destroy()
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  upstream: URL,
  agent: Agent,
  hold: () => Hold | undefined,
): Promise<void> {
  const { method = 'GET', url: path = '/', headers } = incoming
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  await hold()?.before?.(method, path)
  if (outgoing.destroyed) return // Whoever asked was killed while the request was held.
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      agent,
      method,
      host: upstream.hostname,
      port: upstream.port,
      path,
      headers: { ...headers, host: upstream.host },
    }
    request(options, resolve).on('error', reject).end(Buffer.concat(chunks))
  })
  await hold()?.answer?.(method, path, answer.statusCode ?? 0)
  if (outgoing.destroyed) return void answer.destroy()
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
  answer.pipe(outgoing)
}

/** A program in a container: from here on the two speak WebSocket with each other. */
async function upgrade(
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  upstream: URL,
  hold: () => Hold | undefined,
): Promise<void> {
  const { method = 'GET', url: path = '/', rawHeaders } = incoming
  await hold()?.before?.(method, path)
  if (socket.destroyed) return
  const lines = rawHeaders.flatMap((name, i) => {
    if (i % 2 === 1) return []
    return [`${name}: ${name.toLowerCase() === 'host' ? upstream.host : rawHeaders[i + 1]}`]
  })
  const beyond = connect({ host: upstream.hostname, port: Number(upstream.port), rejectUnauthorized: false })
  for (const [one, other] of [
    [socket, beyond],
    [beyond, socket],
  ] as const) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
  beyond.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  beyond.write(head)
  socket.pipe(beyond)
  await hold()?.answer?.(method, path, 101)
  beyond.pipe(socket)
}
