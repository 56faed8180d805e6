/** A file in parts that fit into memory, each with the SHA-256 that a server checks. */
import { createHash } from 'node:crypto'

/** S3 takes 10,000 parts of 5 MiB and more: files of 80 GiB, and as many times this in memory as go up at once. */
export const partBytes = 8 * 1024 ** 2

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

/** The first `bytes` of what comes, part by part; a part is good until the next is asked for. An empty file is one empty part. */
export async function* partsOf(
  chunks: AsyncIterable<Buffer | string>,
  bytes: number,
): AsyncGenerator<Buffer> {
  const part = Buffer.allocUnsafe(Math.min(partBytes, bytes))
  let [filled, left] = [0, bytes]
  for await (const chunk of chunks) {
    for (let rest = Buffer.from(chunk).subarray(0, left); rest.length > 0; ) {
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
}
