/**
 * The file of a recording: each line with its time and the stream that it came from, masked before it is written. It is written at once,
 * so a recorder that is killed leaves every whole line that was printed until then.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, closeSync, fsyncSync, ftruncateSync, openSync, rmSync } from 'node:fs'
import { type Masked, maskCounter } from '../../domain/evidence/mask.ts'
import { masksBehindNames } from '../../domain/evidence/mask-behind.ts'
import { headLine, type Recorded, type RecordingHead } from '../../domain/evidence/recording.ts'
import { WholeLines } from '../../edge/whole-lines.ts'

/** What is printed beyond this is shown and not kept. */
const mostBytes = 64 * 1024 ** 2

/** `tty`: of a terminal, which does not tell the two apart. */
export type Stream = 'out' | 'err' | 'tty'

export type RecordingFile = {
  /** What was printed; the system has its whole lines when this returns. */
  readonly take: (stream: Stream, piece: Buffer) => void
  /** On the disk when it returns. */
  readonly end: (exit: number) => Omit<Recorded, 'file' | 'command' | 'exit' | 'tookMs'>
  /** There was nothing to record. */
  readonly discard: () => void
}

/** Throws what the system says if the file cannot be made. */
export function openRecording(
  path: string,
  head: RecordingHead,
  mask: (text: string) => Masked,
  limitBytes = mostBytes,
): RecordingFile {
  const fd = openSync(path, 'ax', 0o600)
  const hash = createHash('sha256')
  const marks = maskCounter()
  const streams = new Map<Stream, WholeLines>()
  const masks = new Map<Stream, (lines: string) => Masked>()
  let [bytes, lines, masked, cutBytes] = [0, 0, 0, 0]
  let isFull = false

  const write = (text: string): void => {
    try {
      appendFileSync(fd, text)
    } catch (error) {
      // Half of it may be there, on a disk that is full.
      ftruncateSync(fd, bytes)
      throw error
    }
    hash.update(text)
    bytes += Buffer.byteLength(text)
    masked = marks(text)
  }
  const keep = (stream: Stream, text: string): void => {
    if (text === '') return
    if (!isFull) isFull = !written(stream, text)
    if (isFull) cutBytes += Buffer.byteLength(text)
  }
  // The command goes on, whatever becomes of its recording: the last line and the note say how much is missing.
  const written = (stream: Stream, text: string): boolean => {
    const at = new Date().toISOString()
    const own = maskOf(stream)(text).text.split('\n').slice(0, -1)
    const stamped = own.map((line) => `${at} ${stream} ${line.replace(/\r$/, '')}\n`).join('')
    if (bytes + Buffer.byteLength(stamped) > limitBytes) return false
    try {
      write(stamped)
    } catch {
      return false
    }
    lines += own.length
    return true
  }
  // Of a stream for itself: the other's lines come in between.
  const maskOf = (stream: Stream) => {
    const own = masks.get(stream) ?? masksBehindNames(mask)
    masks.set(stream, own)
    return own
  }
  write(headLine(head))
  return {
    take: (stream, piece) => {
      const whole = streams.get(stream) ?? new WholeLines()
      streams.set(stream, whole)
      keep(stream, whole.take(piece))
    },
    end: (exit) => {
      for (const [stream, whole] of streams) keep(stream, whole.end())
      try {
        write(`# ended ${JSON.stringify({ at: new Date().toISOString(), exit, cutBytes })}\n`)
        fsyncSync(fd)
      } catch {
        // A full disk: what is there counts.
      }
      closeSync(fd)
      return { lines, bytes, masked, cutBytes, sha256: hash.digest('hex') }
    },
    discard: () => {
      closeSync(fd)
      rmSync(path)
    },
  }
}
