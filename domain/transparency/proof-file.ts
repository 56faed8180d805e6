/** One file that proves without the log that an entry is in it (c2sp.org/tlog-proof): place, path to the root, checkpoint. */
import { fromBase64, toBase64 } from './base64.ts'
import { parseSignedCheckpoint, parseSize, type SignedCheckpoint } from './checkpoint.ts'
import { formatNote, type Note } from './note.ts'
import type { Hash } from './tree.ts'

const firstLine = 'c2sp.org/tlog-proof@v1'
/** A tree that is higher cannot be counted. */
export const longestProof = 63

export type ProofFile = SignedCheckpoint & { readonly index: number; readonly proof: readonly Hash[] }

export function formatProofFile({
  index,
  proof,
  note,
}: {
  readonly index: number
  readonly proof: readonly Hash[]
  readonly note: Note
}): string {
  return [firstLine, `index ${index}`, ...proof.map(toBase64), '', formatNote(note)].join('\n')
}

/** Undefined where it is no such file; none of its claims is checked. */
export function parseProofFile(source: string): ProofFile | undefined {
  const gap = source.indexOf('\n\n')
  const [first, ...rest] = source.slice(0, gap).split('\n')
  // What somebody puts beside it proves nothing.
  const [place = '', ...coded] = rest[0]?.startsWith('extra ') ? rest.slice(1) : rest
  const index = place.startsWith('index ') ? parseSize(place.slice('index '.length)) : undefined
  const proof = parseHashes(coded)
  const signed = parseSignedCheckpoint(source.slice(gap + 2))
  if (gap < 0 || first !== firstLine || index === undefined || proof === undefined || signed === undefined)
    return undefined
  return { ...signed, index, proof }
}

/** The lines of a proof, each a hash; undefined where one is none, or they are too many. */
export function parseHashes(lines: readonly string[]): readonly Hash[] | undefined {
  const hashes = lines.map(fromBase64)
  return hashes.length <= longestProof && hashes.every((hash) => hash?.length === 32)
    ? (hashes as readonly Hash[])
    : undefined
}
