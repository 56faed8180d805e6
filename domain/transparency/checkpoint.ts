/** The head of a log: how many entries, and the root over them (c2sp.org/tlog-checkpoint). */
import { fromBase64, toBase64 } from './base64.ts'
import { type Note, parseNote } from './note.ts'
import type { Hash } from './tree.ts'

export type Checkpoint = {
  /** The name of the log. */
  readonly origin: string
  readonly size: number
  readonly root: Hash
}

export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`
}

/** Undefined where the text of a note is no checkpoint. Lines behind the third are signed, and say nothing to us. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const lines = text.split('\n')
  const [origin = '', digits = '', coded = ''] = lines
  const root = fromBase64(coded)
  const size = parseSize(digits)
  // Each line ends with a newline, and none is empty.
  if (lines.length < 4 || lines.pop() !== '' || lines.includes('')) return undefined
  if (size === undefined || root?.length !== 32) return undefined
  return { origin, size, root }
}

/** A number as the formats write it: decimal, without leading zeros. */
export function parseSize(digits: string): number | undefined {
  const size = /^(0|[1-9]\d{0,15})$/.test(digits) ? Number(digits) : Number.NaN
  return Number.isSafeInteger(size) ? size : undefined
}

export type SignedCheckpoint = { readonly note: Note; readonly checkpoint: Checkpoint }

/** A checkpoint with its signatures, none of them checked. */
export function parseSignedCheckpoint(source: string): SignedCheckpoint | undefined {
  const note = parseNote(source)
  const checkpoint = note && parseCheckpoint(note.text)
  return note && checkpoint && { note, checkpoint }
}
