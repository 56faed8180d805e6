/** The websocket into a container: what a program reads and prints passes through it, and its end is the status that closes it. */
import { PassThrough, type Writable } from 'node:stream'
import type { V1Status } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { pulse } from '../../pulse.ts'
import { refuse } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { reasonOf } from '../api/reason.ts'
import type { ExecPlace } from './exec-place.ts'
import { endOf, isNotFound, isNotRunning } from './exec-status.ts'

export type Attached = {
  readonly argv: readonly string[]
  readonly stdout: Writable
  readonly stderr: Writable
  /** Bytes to read. Only newer API servers can be told where they end: the program has to know how many they are. */
  readonly stdin?: Buffer
}

/** Kubernetes 1.30 and newer. */
const tellsEnds = 'v5.channel.k8s.io'
/** So large are the pieces in which it is sent. */
const pieceBytes = 32_768

/** The status of a program that was run until it ended, or until the work is told to stop. Failures: those of `executeOnce`. */
export async function attach(
  kubernetes: Kubernetes,
  { namespace }: StepContext,
  place: ExecPlace,
  { argv, stdout, stderr, stdin }: Attached,
): Promise<V1Status> {
  const { signal } = pulse()
  const exec = await kubernetes.exec(signal)
  const input = stdin === undefined ? null : openInput(stdin)
  let status: V1Status | undefined
  const connecting = exec.exec(
    namespace,
    place.pod,
    place.container,
    [...argv],
    stdout,
    stderr,
    input,
    false,
    (ended) => {
      status = ended
    },
  )
  const socket = await connecting.catch((error: unknown) => {
    signal.throwIfAborted()
    return refuseHandshake(error, kubernetes, namespace, place)
  })
  // Of an older protocol the library would end the whole connection with it.
  if (socket.protocol === tellsEnds) input?.end()
  const stop = () => socket.terminate()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await new Promise<void>((resolve) => {
      socket.addEventListener('close', () => resolve(), { once: true })
      if (socket.readyState === socket.CLOSED) resolve()
    })
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
    input?.destroy()
  }
  signal.throwIfAborted()
  if (status !== undefined) return status
  const reason = {
    en: `the connection into ${place.target} broke without an answer`,
    ja: `${place.target} への接続が応答なしに切れました`,
  }
  return refuse('kubernetes-unreachable', { cluster: kubernetes.cluster, reason })
}

function openInput(bytes: Buffer): PassThrough {
  const input = new PassThrough()
  for (let at = 0; at < bytes.length; at += pieceBytes) input.write(bytes.subarray(at, at + pieceBytes))
  return input
}

/** The exit code; refuses where the program did not start. */
export function exitOf(status: V1Status, program: string, place: ExecPlace): number {
  const exit = endOf(status)
  if (exit !== undefined) return exit
  const says = wordsOf(status)
  if (isNotFound(says)) refuse('program-not-found', { program, target: place.target })
  if (isNotRunning(says)) refuse('container-not-running', { target: place.target, reason: says })
  return refuse('kubernetes-refused', { action: 'exec', target: place.target, reason: says })
}

export function wordsOf({ message, reason }: V1Status): string {
  return plainLine(message ?? reason ?? '-', 300)
}

/** The socket's library tells of an answer that is no websocket only its status. */
export function handshakeStatus(error: unknown): number {
  const message = String((error as { readonly message?: unknown }).message ?? error)
  return Number(/Unexpected server response: (\d{3})/.exec(message)?.[1] ?? 0)
}

function refuseHandshake(
  error: unknown,
  { cluster }: Kubernetes,
  namespace: string,
  place: ExecPlace,
): never {
  const status = handshakeStatus(error)
  if (status === 401) refuse('credentials-refused', { cluster, reason: 'HTTP 401' })
  if (status === 403) refuse('exec-forbidden', { cluster, namespace })
  if (status === 404) refuse('target-not-found', { target: place.target })
  if (status === 400) {
    refuse('container-not-running', {
      target: place.target,
      reason: { en: 'Kubernetes refused it (HTTP 400)', ja: 'Kubernetes に拒否されました（HTTP 400）' },
    })
  }
  const reason =
    status === 0
      ? reasonOf(error)
      : { en: `exec in ${place.target}: HTTP ${status}`, ja: `${place.target} での exec: HTTP ${status}` }
  refuse('kubernetes-unreachable', { cluster, reason })
}
