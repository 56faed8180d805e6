import { type FileHandle, open } from 'node:fs/promises'
import type { Alarm, PageCall } from '../../domain/incident/fold/page.ts'
import type { Words } from '../../domain/words.ts'
import { type Channel, unsent } from '../channel.ts'
import type { LogSettings } from './settings.ts'

export function logChannel(
  name: string,
  { file }: LogSettings,
  write: (line: string) => Promise<void> = toStandardOutput,
): Channel {
  return {
    async page(call, { signal, now }) {
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

/** A full disk took only the start of a line; it is not cut back, because another worker may have written after it. */
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

function reasonOf(error: unknown): Words {
  if (!(error instanceof Error)) return { en: 'it cannot be written', ja: '書き込めません' }
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
