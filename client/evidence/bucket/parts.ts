/** A file in parts that fit into memory, each with the SHA-256 that a server checks. */
import { createHash } from 'node:crypto'
import { asBuffer } from '../seal.ts'

/** The smallest that S3 takes; 10,000 of them are a file of 48 GiB. As many times this lies in memory as files go up at once. */
export const partBytes = 5 * 1024 ** 2

export type Checksum = {
  /** As S3 says it of an object in one part; of one in several it is that of theirs, with their number. */
  readonly whole: string
  readonly parts: readonly string[]
}

/** Takes a file as it comes; `end` is its checksum. */
export function checksums(): { readonly take: (chunk: Buffer) => void; readonly end: () => Checksum } {
  const parts: Buffer[] = []
  let hash = createHash('sha256')
  let bytes = 0
  const next = () => {
    parts.push(hash.digest())
    hash = createHash('sha256')
    bytes = 0
  }
  return {
    take: (chunk) => {
      for (let rest = chunk; rest.length > 0; ) {
        if (bytes === partBytes) next()
        const part = rest.subarray(0, partBytes - bytes)
        hash.update(part)
        bytes += part.length
        rest = rest.subarray(part.length)
      }
    },
    end: () => {
      next()
      const [only, ...more] = parts.map((digest) => digest.toString('base64'))
      if (only !== undefined && more.length === 0) return { whole: only, parts: [only] }
      const all = createHash('sha256').update(Buffer.concat(parts)).digest('base64')
      return { whole: `${all}-${parts.length}`, parts: [...(only === undefined ? [] : [only]), ...more] }
    },
  }
}

/** Buffers of a whole part that nobody uses now: garbage of their size would lie about for long. */
const free: Buffer[] = []

/** The first `bytes` of what comes, part by part; a part is good until the next is asked for. An empty file is one empty part. */
export async function* partsOf(
  chunks: AsyncIterable<Buffer | string>,
  bytes: number,
): AsyncGenerator<Buffer> {
  const part = bytes < partBytes ? Buffer.allocUnsafe(bytes) : (free.pop() ?? Buffer.allocUnsafe(partBytes))
  let [filled, left] = [0, bytes]
  for await (const chunk of chunks) {
    for (let rest = asBuffer(chunk).subarray(0, left); rest.length > 0; ) {
      const copied = rest.copy(part, filled)
      filled += copied
      left -= copied
      rest = rest.subarray(copied)
      if (filled < part.length) continue
      yield part
      filled = 0
    }
    if (left === 0) break
  }
  if (filled > 0 || bytes === 0) yield part.subarray(0, filled)
  if (part.length === partBytes) free.push(part)
}
