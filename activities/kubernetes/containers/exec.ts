/**
 * Runs one program in a container over a websocket of the API: an argument list, never a line for a shell. Time and output
 * are bounded. When the time is over the connection is closed; whether the program ends by that is the runtime's affair.
 */

import { Writable } from 'node:stream'
import type { V1Status } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { lastLines, plainLine, plainText } from '../../../edge/plain-text.ts'
import { pulse, withDeadline } from '../../pulse.ts'
import { refuse } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { reasonOf } from '../api/reason.ts'
import type { ExecPlace } from './exec-place.ts'
import { endOf, isNotFound, isNotRunning, isToldNotFound } from './exec-status.ts'

export type Program = {
  readonly argv: readonly string[]
  /** Longest time, in milliseconds. */
  readonly within: number
  /** How much of the output is kept; 64 KiB if not said. */
  readonly keepBytes?: number
}

export type Executed = {
  readonly exit: number
  /** The runtime's words about its end; in some of them stand the program's own. */
  readonly says: string
  readonly stdout: string
  readonly stderr: string
  /** True when the program wrote more than is kept of its output. */
  readonly cut: boolean
}

const keptErrorBytes = 4_096

/** As `executeOnce`, for looking: also what only its output tells ends as program-not-found. */
export async function execute(
  kubernetes: Kubernetes,
  context: StepContext,
  place: ExecPlace,
  program: Program,
): Promise<Executed> {
  const executed = await executeOnce(kubernetes, context, place, program)
  if (isToldNotFound(executed)) {
    refuse('program-not-found', { program: program.argv[0] ?? '', target: place.target })
  }
  return executed
}

/** What came of the program, whatever its exit code. Failures: exec-forbidden, target-not-found, container-not-running, program-not-found, no-answer, kubernetes-unreachable. */
export function executeOnce(
  kubernetes: Kubernetes,
  context: StepContext,
  place: ExecPlace,
  { argv, within, keepBytes = 65_536 }: Program,
): Promise<Executed> {
  const [name = ''] = argv
  return withDeadline(within, `"${name}" in ${place.target}`, async () => {
    const { signal } = pulse()
    const exec = await kubernetes.exec(signal)
    const stdout = firstOf(keepBytes)
    const stderr = lastOf(keptErrorBytes)
    let status: V1Status | undefined
    const connecting = exec.exec(
      context.namespace,
      place.pod,
      place.container,
      [...argv],
      stdout.sink,
      stderr.sink,
      null,
      false,
      (ended) => {
        status = ended
      },
    )
    const socket = await connecting.catch((error: unknown) => {
      signal.throwIfAborted()
      return refuseHandshake(error, kubernetes, context, place)
    })
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
    }
    signal.throwIfAborted()
    if (status === undefined) {
      const reason = {
        en: `the connection into ${place.target} broke without an answer`,
        ja: `${place.target} への接続が応答なしに切れました`,
      }
      return refuse('kubernetes-unreachable', { cluster: kubernetes.cluster, reason })
    }
    return {
      exit: exitOf(status, name, place),
      says: wordsOf(status),
      stdout: stdout.text(),
      stderr: stderr.text(),
      cut: stdout.cut(),
    }
  })
}

/** The program's output; refuses when it did not end with 0. */
export async function outputOf(
  kubernetes: Kubernetes,
  context: StepContext,
  place: ExecPlace,
  program: Program,
): Promise<Executed> {
  const executed = await execute(kubernetes, context, place, program)
  return executed.exit === 0 ? executed : refuseFailed(executed, program.argv, place)
}

/** `pg_isready` and the like say what is the matter on standard output, most others on standard error. */
export function refuseFailed(
  { exit, stdout, stderr }: Executed,
  argv: readonly string[],
  place: Pick<ExecPlace, 'target'>,
  otherwise: Text = { en: 'no output', ja: '出力なし' },
): never {
  const words = lastLines((stderr.trim() === '' ? stdout : stderr).trim().split('\n'), 600).join(' / ')
  const reason = words === '' ? otherwise : plainLine(words, 400)
  refuse('program-failed', { program: argv[0] ?? '', target: place.target, exit, reason })
}

function exitOf(status: V1Status, program: string, place: ExecPlace): number {
  const exit = endOf(status)
  if (exit !== undefined) return exit
  const says = wordsOf(status)
  if (isNotFound(says)) refuse('program-not-found', { program, target: place.target })
  if (isNotRunning(says)) refuse('container-not-running', { target: place.target, reason: says })
  return refuse('kubernetes-refused', { action: 'exec', target: place.target, reason: says })
}

function wordsOf({ message, reason }: V1Status): string {
  return plainLine(message ?? reason ?? '-', 300)
}

/** The socket's library tells of an answer that is no websocket only its status. */
function refuseHandshake(
  error: unknown,
  { cluster }: Kubernetes,
  context: StepContext,
  place: ExecPlace,
): never {
  const { namespace } = context
  const message = String((error as { readonly message?: unknown }).message ?? error)
  const status = Number(/Unexpected server response: (\d{3})/.exec(message)?.[1] ?? 0)
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

/** Keeps the first bytes; what comes after them is read and dropped, because a program that cannot write would hang. */
function firstOf(limit: number) {
  const chunks: Buffer[] = []
  let size = 0
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (size < limit) chunks.push(chunk.subarray(0, limit - size))
      size += chunk.length
      done()
    },
  })
  return { sink, cut: () => size > limit, text: () => textOf(Buffer.concat(chunks)) }
}

function lastOf(limit: number) {
  let kept = Buffer.alloc(0)
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      kept = Buffer.concat([kept, chunk]).subarray(-limit)
      done()
    },
  })
  return { sink, text: () => textOf(kept) }
}

/** Without the half of a character at its end. */
function textOf(bytes: Buffer): string {
  return plainText(new TextDecoder().decode(bytes, { stream: true }))
}
