/** Writes the log of one run of a container into the archive, from where it was left off. */
import { type MaskRule, maskerOf } from '../../domain/evidence/mask.ts'
import { masksBehindNames } from '../../domain/evidence/mask-behind.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import { type Cursor, type OpenedLog, stampOf } from '../../edge/log-segments.ts'
import { WholeLines } from '../../edge/whole-lines.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import type { ContainerRun } from './containers.ts'
import { AfterCursor, advanced, linesWhere } from './log-lines.ts'
import { lastStamp, podLog } from './pod-log.ts'

export type Tail = {
  readonly kubernetes: Kubernetes
  readonly context: StepContext
  run: ContainerRun
  readonly log: OpenedLog
  readonly mask: ReturnType<typeof maskerOf>
  /** Where it stands; the log's own cursor at first. */
  cursor: Cursor | undefined
  bytes: number
  /** Why nothing more can be written. */
  unwritable?: unknown
  /** How often what came did not connect to what was there. */
  torn: number
}

/** What several logs together may take; `isCut` once one of them did not fit. */
export type Room = { left: number; isCut: boolean }

/** Characters; what is read to its end is written in pieces of this size, what is followed as it comes. */
const writesAtOnce = 262_144

export type Window = { readonly fromMs: number; readonly toMs: number }

export function newTail(
  given: Pick<Tail, 'kubernetes' | 'context' | 'run' | 'log'>,
  rules: readonly MaskRule[],
): Tail {
  return { ...given, mask: maskerOf(rules), cursor: given.log.cursor, bytes: 0, torn: 0 }
}

/** Reads to the end of the log, or of what there is now. Errors: those of `Kubernetes.stream`. */
export async function readOn(
  tail: Tail,
  how: { readonly follow: boolean; readonly window?: Window; readonly room?: Room },
  signal: AbortSignal,
): Promise<void> {
  const { kubernetes, context, run, log } = tail
  const from = { sinceMs: sinceMsOf(tail, how.window), follow: how.follow }
  const stream = await podLog(kubernetes, context, run, from, signal)
  const lines = new WholeLines()
  const fresh = new AfterCursor(tail.cursor)
  const mask = masksBehindNames(tail.mask)
  const take = async (text: string): Promise<void> => {
    // What is wanted may be named by a line before it.
    const masked = mask(stamped(text)).text
    await write(fresh.take(how.window === undefined ? masked : within(masked, how.window)))
  }
  let waiting = ''
  const write = async (text: string): Promise<void> => {
    if (text === '' || (how.room !== undefined && !fits(text, how.room))) return
    waiting += text
    if (how.follow || waiting.length >= writesAtOnce) await flush()
  }
  const flush = async (): Promise<void> => {
    if (waiting === '') return
    const text = waiting
    waiting = ''
    await log.write(text).catch((error: unknown) => {
      tail.unwritable = error
      throw error
    })
    tail.cursor = advanced(tail.cursor, text)
    tail.bytes += Buffer.byteLength(text)
  }
  try {
    for await (const chunk of stream) {
      const text = lines.take(chunk as Buffer)
      await take(text)
      if (how.room?.isCut || (how.window !== undefined && isAfter(text, how.window))) break
    }
    signal.throwIfAborted()
    await take(lines.end())
    await write(fresh.end())
  } finally {
    if (fresh.isTorn) tail.torn += 1
    stream.destroy()
    if (tail.unwritable === undefined) await flush()
  }
}

function fits(text: string, room: Room): boolean {
  if (!room.isCut) room.left -= Buffer.byteLength(text)
  room.isCut ||= room.left < 0
  return !room.isCut
}

/** From a second before the last line: the API server takes whole seconds, and lines can stand a moment out of order. */
function sinceMsOf({ run, cursor }: Tail, window: Window | undefined): number {
  if (cursor !== undefined) return Date.parse(cursor.stamp) - 1_000
  return Math.max(Date.parse(run.startedAt), window?.fromMs ?? 0)
}

/** What has no time is no line of the container's: the kubelet says so why it has none. */
function stamped(text: string): string {
  return /^(?!\d{4}-\d\d-\d\dT)[^\n]/m.test(text) ? linesWhere(text, (line) => stampOf(line) !== '') : text
}

function within(text: string, { fromMs, toMs }: Window): string {
  // Of a busy log hundreds of lines are of one second, and that all of it is wanted is seen once.
  let second = '-'
  return linesWhere(text, (line) => {
    if (line.startsWith(second)) return true
    const atMs = Date.parse(stampOf(line))
    if (atMs - 1_000 >= fromMs && atMs + 1_000 <= toMs) second = line.slice(0, 'YYYY-MM-DDThh:mm:ss'.length)
    return atMs >= fromMs && atMs <= toMs
  })
}

function isAfter(text: string, { toMs }: Window): boolean {
  return Date.parse(lastStamp(text)) > toMs + 2_000
}
