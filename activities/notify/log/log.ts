/** The simplest channel: one JSON line per page, to a file or to the worker's standard output. */
import { type FileHandle, open } from 'node:fs/promises'
import { z } from 'zod'
import type { Alarm, PageCall } from '../../../domain/escalation/page.ts'
import { type Channel, unsent } from '../channel.ts'

export const logSettings = z.strictObject({
  kind: z.literal('log'),
  /** Appended to, made when it is not there; without it the lines go to standard output. */
  file: z.string().min(1).optional(),
})

export function logChannel(
  name: string,
  settings: z.infer<typeof logSettings>,
  write: (line: string) => Promise<void> = toStandardOutput,
): Channel {
  const { file } = settings
  return {
    async send(call, { signal, now }) {
      signal.throwIfAborted()
      const sentAtMs = now()
      try {
        await (file === undefined ? write(lineOf(call, sentAtMs)) : append(file, lineOf(call, sentAtMs)))
      } catch (error) {
        throw unsent('channel-unreachable', { channel: name, reason: reasonOf(error) })
      }
      return { sentAtMs }
    },
  }
}

function lineOf(call: PageCall | Alarm, sentAtMs: number): string {
  const { key, incident, level, person, reason, says, dueMs, head } = call
  return `${JSON.stringify({ key, incident, level, person, reason, says, dueMs, sentAtMs, head })}\n`
}

/** O_APPEND and one write keep the lines of several workers whole; after fsync the page outlives the machine. */
async function append(file: string, line: string): Promise<void> {
  const handle = await open(file, 'a+', 0o600)
  try {
    const bytes = Buffer.from((await endsHalfWay(handle)) ? `\n${line}` : line)
    const { bytesWritten } = await handle.write(bytes)
    if (bytesWritten !== bytes.length) throw new Error('the disk took only a part of the line')
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A disk that was full took the beginning of a line alone; it is not cut back, for another worker may have written behind it. */
async function endsHalfWay(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  // Not a file with an end: a pipe or a terminal.
  if (size === 0) return false
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] !== 10
}

function toStandardOutput(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(line, (error) => (error ? reject(error) : resolve()))
  })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be written to'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
