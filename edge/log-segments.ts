/**
 * The log of one container as it lies in an archive: pieces that follow each other. Each writer has a piece of its own, which says how many
 * bytes of which earlier one count. So one that was believed dead and writes on spoils nothing: nothing is there twice and nothing is
 * missing, whoever dies when.
 */
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { onDisk } from './disk.ts'
import { flushFolder, makeFolder } from './folder.ts'
import { entriesIfThere, namesIfThere } from './if-there.ts'
import { openPlain } from './plain-file.ts'

/** Of a piece what counts, header left out. */
type Segment = { readonly file: string; readonly from: number; readonly to: number }

/** Where a log ends: its last line, and the how manieth of its like it is. */
export type Cursor = { readonly stamp: string; readonly line: string; readonly nth: number }

/** A line is cut to less than this by whoever writes, so the last one always lies in what is read of the end. */
const tailBytes = 262_144
const headerBytes = 128
const writerName = /^\d{4,}-\d{4,}\.log$/

type Found = { readonly file: string; readonly from: number; readonly after?: After; to: number }
type After = { readonly bytes: number; readonly file: string }

/** The pieces in order, as much of each as counts. A folder that is not there holds none. */
export async function segmentsIn(folder: string): Promise<readonly Segment[]> {
  const files = await namesIfThere(folder)
  let counted: Found[] = []
  for (const file of files.filter((name) => writerName.test(name)).toSorted()) {
    const found = await readHeader(folder, file)
    // It was made and nothing was written: its writer died in between.
    if (found === undefined) continue
    const { after } = found
    // What a later writer did not know of was written by one that was believed dead.
    counted = counted.slice(0, counted.findIndex((one) => one.file === after?.file) + 1)
    const before = counted.at(-1)
    if (before !== undefined && after !== undefined)
      before.to = Math.min(before.to, before.from + after.bytes)
    counted.push(found)
  }
  return counted.map(({ file, from, to }) => ({ file: join(folder, file), from, to }))
}

const chunkBytes = 65_536

/** All of a log, piece by piece; nothing is held, and a piece is good until the next is asked for: a gigabyte makes no garbage. */
export async function* readSegments(folder: string): AsyncGenerator<Buffer> {
  const chunk = Buffer.allocUnsafe(chunkBytes)
  for (const { file, from, to } of await segmentsIn(folder)) {
    const handle = await openPlain(file)
    try {
      for (let at = from; at < to; ) {
        const { bytesRead } = await handle.read(chunk, 0, Math.min(chunkBytes, to - at), at)
        if (bytesRead === 0) break
        yield chunk.subarray(0, bytesRead)
        at += bytesRead
      }
    } finally {
      await handle.close()
    }
  }
}

/** The logs in a folder of logs: a folder for each pod, in it one for each run of a container. `path` is below the folder, in order. */
export async function logsIn(folder: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const pod of await foldersIn(folder))
    for (const run of await foldersIn(join(folder, pod))) found.push(`${pod}/${run}`)
  return found
}

/** What lies in a folder of logs, in bytes on the disk: also what does not count. */
export async function bytesIn(folder: string): Promise<number> {
  const entries = await entriesIfThere(folder, { recursive: true })
  let bytes = 0
  for (const entry of entries)
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
  return bytes
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await entriesIfThere(folder)
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

export type OpenedLog = {
  /** Undefined where nothing was written yet. */
  readonly cursor?: Cursor
  /** Whole lines; the system has them when it resolves. */
  readonly write: (lines: string) => Promise<void>
  /** They are on the disk when it resolves. */
  readonly close: () => Promise<void>
}

/**
 * Continues a log; the piece is made with the first line. A disk that does not answer is an error after a while (disk.ts). `writer` names who writes, such as `0001-0003`: of two the later one is the greater,
 * and none opens a log twice.
 */
export async function openLog(folder: string, writer: string): Promise<OpenedLog> {
  const { earlier, cursor } = await onDisk(async () => {
    const earlier = await segmentsIn(folder)
    return { earlier, cursor: await cursorIn(earlier) }
  })
  const last = earlier.at(-1)
  const header =
    last === undefined ? '# begins\n' : `# after ${last.to - last.from} of ${basename(last.file)}\n`
  const file = join(folder, `${writer}.log`)
  let size = 0
  let isMade = false
  let foldersMade: readonly string[] = []
  const write = async (text: string): Promise<void> => {
    if (!isMade) foldersMade = await makeFolder(folder, 0o700)
    // Not held open: an incident can have thousands of them.
    const piece = await open(file, isMade ? 'a' : 'ax', 0o600)
    isMade = true
    try {
      await piece.appendFile(text)
      size += Buffer.byteLength(text)
    } catch (error) {
      // Half of it may be there, on a disk that is full.
      await piece.truncate(size)
      throw error
    } finally {
      await piece.close()
    }
  }
  return {
    ...(cursor === undefined ? {} : { cursor }),
    write: (lines) => onDisk(() => write(size === 0 ? header + lines : lines)),
    close: async () => {
      if (size === 0) return
      await onDisk(async () => {
        const piece = await open(file, 'a')
        await piece.sync().finally(() => piece.close())
        for (const name of [...foldersMade.map((made) => dirname(made)), folder]) await flushFolder(name)
      })
    },
  }
}

/** A line that was cut off by a death does not count: it comes again. */
async function readHeader(folder: string, file: string): Promise<Found | undefined> {
  const handle = await openPlain(join(folder, file))
  try {
    const { size } = await handle.stat()
    const head = await textAt(handle, 0, Math.min(size, headerBytes))
    const [line, bytes, before] = /^# (?:begins|after (\d+) of (\S+))\n/.exec(head) ?? []
    if (line === undefined) return undefined
    const from = Math.max(line.length, size - tailBytes)
    const newline = (await bytesAt(handle, from, size - from)).lastIndexOf(10)
    return {
      file,
      from: line.length,
      to: newline < 0 ? line.length : from + newline + 1,
      ...(before === undefined ? {} : { after: { bytes: Number(bytes), file: before } }),
    }
  } finally {
    await handle.close()
  }
}

async function cursorIn(segments: readonly Segment[]): Promise<Cursor | undefined> {
  for (const { file, from, to } of segments.toReversed()) {
    if (to <= from) continue
    const handle = await openPlain(file)
    try {
      const start = Math.max(from, to - tailBytes)
      const lines = (await textAt(handle, start, to - start)).split('\n').slice(0, -1)
      const line = lines.at(-1) ?? ''
      return { stamp: stampOf(line), line, nth: lines.filter((other) => other === line).length }
    } finally {
      await handle.close()
    }
  }
  return undefined
}

/** When the kubelet took a line; empty where it does not say. */
export function stampOf(line: string): string {
  return /^\d{4}-\d\d-\d\dT\S+/.exec(line)?.[0] ?? ''
}

async function textAt(handle: FileHandle, position: number, length: number): Promise<string> {
  return (await bytesAt(handle, position, length)).toString('utf8')
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}
