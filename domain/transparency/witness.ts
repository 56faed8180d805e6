/**
 * What a witness is asked and what it answers (c2sp.org/tlog-witness). It knows of each log the last checkpoint that it cosigned, and
 * cosigns only what goes on from there.
 */
import { toBase64 } from './base64.ts'
import { type Checkpoint, parseSignedCheckpoint, parseSize, type SignedCheckpoint } from './checkpoint.ts'
import { formatNote, isSignedBy, type Note, type NoteKey } from './note.ts'
import { parseHashes } from './proof-file.ts'
import { type Hash, isConsistent, treeHash } from './tree.ts'

export type AddCheckpoint = SignedCheckpoint & {
  /** Of the checkpoint that the log believes to be the last one that the witness cosigned; 0: none. */
  readonly oldSize: number
  readonly proof: readonly Hash[]
}

export function formatAddCheckpoint({
  oldSize,
  proof,
  note,
}: {
  readonly oldSize: number
  readonly proof: readonly Hash[]
  readonly note: Note
}): string {
  return [`old ${oldSize}`, ...proof.map(toBase64), '', formatNote(note)].join('\n')
}

export function parseAddCheckpoint(body: string): AddCheckpoint | undefined {
  const gap = body.indexOf('\n\n')
  const [old = '', ...coded] = body.slice(0, gap).split('\n')
  const oldSize = old.startsWith('old ') ? parseSize(old.slice('old '.length)) : undefined
  const proof = parseHashes(coded)
  const signed = parseSignedCheckpoint(body.slice(gap + 2))
  if (gap < 0 || oldSize === undefined || proof === undefined || signed === undefined) return undefined
  return { ...signed, oldSize, proof }
}

export type Verdict =
  | {
      readonly status: 200
      /** Whether it is more than the witness knew, and has to be kept before it is cosigned. */
      readonly isNew: boolean
    }
  | { readonly status: 400 | 403 | 404 | 422 }
  /** `size`: of the last one that was cosigned. */
  | { readonly status: 409; readonly size: number }

/** `key`: the log's, by its name; undefined where the witness knows no such log. `last`: what it cosigned last. */
export function judge(
  { note, checkpoint, oldSize, proof }: AddCheckpoint,
  key: NoteKey | undefined,
  last: Checkpoint | undefined,
): Verdict {
  if (key === undefined) return { status: 404 }
  if (!isSignedBy(note, checkpoint.origin, key)) return { status: 403 }
  if (oldSize > checkpoint.size) return { status: 400 }
  const known = last ?? { size: 0, root: treeHash([]) }
  if (oldSize !== known.size) return { status: 409, size: known.size }
  const isGrown = isConsistent({
    oldSize,
    oldRoot: known.root,
    size: checkpoint.size,
    root: checkpoint.root,
    proof,
  })
  if (isGrown) return { status: 200, isNew: last === undefined || checkpoint.size > oldSize }
  // Two roots of one size: no proof could lead from the one to the other.
  return oldSize === checkpoint.size && proof.length === 0
    ? { status: 409, size: known.size }
    : { status: 422 }
}
