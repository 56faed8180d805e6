/**
 * Runs one program in a container: an argument list, never a line for a shell. Time and output
 * are bounded. When the time is over the connection is closed; whether the program ends by that is the runtime's affair.
 */

import { Writable } from 'node:stream'
import type { StepContext } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { lastLines, plainLine, plainText } from '../../../edge/plain-text.ts'
import { withDeadline } from '../../pulse.ts'
import { refuse } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { attach, exitOf, wordsOf } from './attach.ts'
import type { ExecPlace } from './exec-place.ts'
import { isToldNotFound } from './exec-status.ts'

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
    const stdout = firstOf(keepBytes)
    const stderr = lastOf(keptErrorBytes)
    const sinks = { stdout: stdout.sink, stderr: stderr.sink }
    const status = await attach(kubernetes, context, place, { argv, ...sinks })
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
