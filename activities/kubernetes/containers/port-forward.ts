/** A port of a pod's loopback, brought to this machine's own loopback through the API: nothing of the pod listens where others could reach it. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { Writable } from 'node:stream'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { roleFor } from '../../../domain/steps/needs.ts'
import { pulse } from '../../pulse.ts'
import { refuse } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { reasonOf } from '../api/reason.ts'
import { handshakeStatus } from './attach.ts'
import type { ExecPlace } from './exec-place.ts'

type Forwarded = { readonly host: string; readonly port: number }

/** Open for as long as the work takes. Failures: forbidden, target-not-found, kubernetes-unreachable. */
export async function forwarded<T>(
  kubernetes: Kubernetes,
  context: StepContext,
  place: ExecPlace,
  port: number,
  work: (address: Forwarded) => Promise<T>,
): Promise<T> {
  const open = new Set<Socket>()
  let failed: unknown
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {}) // whoever is at its other end meets it as well
    carry(kubernetes, context, place, port, socket).catch((error: unknown) => {
      failed ??= error
      socket.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a server of TCP has a port')
  try {
    const done = await work({ host: '127.0.0.1', port: address.port })
    // Whoever connected saw a connection that broke; only we know why.
    if (failed !== undefined) throw failed
    return done
  } catch (error) {
    throw failed ?? error
  } finally {
    server.close()
    for (const socket of open) socket.destroy()
  }
}

async function carry(
  kubernetes: Kubernetes,
  { namespace }: StepContext,
  place: ExecPlace,
  port: number,
  socket: Socket,
): Promise<void> {
  const { signal } = pulse()
  const forward = await kubernetes.portForward(signal)
  const toSocket = new Writable({ write: (chunk: Buffer, _, done) => void socket.write(chunk, () => done()) })
  // What it complains of, nobody listening there, ends the connection as well.
  const nowhere = new Writable({ write: (_, __, done) => done() })
  const carried = await forward
    .portForward(namespace, place.pod, [port], toSocket, nowhere, socket)
    .catch((error: unknown) => {
      signal.throwIfAborted()
      return refuseHandshake(error, kubernetes, namespace, place)
    })
  // Without a count of attempts it is the connection itself.
  if (typeof carried === 'function') throw new Error('a connection was to be made once')
  carried.addEventListener('close', () => socket.destroy(), { once: true })
  socket.once('close', () => carried.close())
}

function refuseHandshake(
  error: unknown,
  { cluster }: Kubernetes,
  namespace: string,
  { target }: ExecPlace,
): never {
  const status = handshakeStatus(error)
  const resource = 'pods/portforward'
  if (status === 403)
    refuse('forbidden', {
      cluster,
      verb: 'create',
      resource,
      namespace,
      role: roleFor('create', resource) ?? '-',
    })
  if (status === 404) refuse('target-not-found', { target })
  const reason = status === 0 ? reasonOf(error) : `port-forward: HTTP ${status}`
  refuse('kubernetes-unreachable', { cluster, reason })
}
