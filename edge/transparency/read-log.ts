/**
 * A log in a folder, read whole and checked whole: entries against tiles, tiles against the root, the root against its signature. What is
 * not as it was signed is refused (`log-changed`).
 *
 * `checkpoint` and `tile/` are what everybody reads. `commits/7` is what made the log 7 long: the entry and the checkpoint over it, one
 * file, there or not. A writer that dies leaves a commit whose tiles are not there yet; whoever comes next makes them of it.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { expected } from '../../domain/expected.ts'
import {
  type Checkpoint,
  parseSignedCheckpoint,
  type SignedCheckpoint,
} from '../../domain/transparency/checkpoint.ts'
import { type LogEntry, parseEntry } from '../../domain/transparency/entry.ts'
import {
  isSignedBy,
  type NoteKey,
  type NoteSignature,
  parseSignature,
} from '../../domain/transparency/note.ts'
import {
  beginningOf,
  bundlesOf,
  entriesIn,
  type TileFile,
  tileFiles,
  tileIn,
} from '../../domain/transparency/tiles.ts'
import { type Hash, isSameHash, leafHash, treeHash } from '../../domain/transparency/tree.ts'
import type { Text } from '../../domain/words.ts'
import { contentIfThere, namesIfThere } from '../if-there.ts'
import { refused } from '../refused.ts'

export const checkpointFile = 'checkpoint'

/** Where the commit lies that made the log so long. */
export function commitFile(size: number): string {
  return `commits/${size}`
}

/** Where the cosignature of one key under the checkpoint of a size lies. */
export function cosignatureFile(size: number, keyId: string): string {
  return `cosignatures/${size}/${keyId}`
}

const commit = z.strictObject({ entry: z.string(), checkpoint: z.string() })
export type Commit = z.infer<typeof commit>

/** `bytes` are what is hashed; `entry` is what they say. */
export type Log = {
  readonly bytes: readonly Uint8Array[]
  readonly entries: readonly LogEntry[]
  readonly leaves: readonly Hash[]
  /** What the log signed last; undefined where it is empty. */
  readonly newest: SignedCheckpoint | undefined
  /** How much of it is in tiles, and stands in `checkpoint`; the rest in commits alone. */
  readonly published: number
}

/** Throws `log-changed`. Without the log's key its signatures are not checked, all else is. */
export async function readLog(folder: string, key?: NoteKey): Promise<Log> {
  const { bytes, entries, leaves, ...signed } = await publishedIn(folder, key)
  const published = bytes.length
  let { newest } = signed
  for (;;) {
    const next = await committed(folder, bytes.length + 1, key, newest?.checkpoint)
    if (next === undefined) break
    bytes.push(next.bytes)
    entries.push(next.entry)
    leaves.push(leafHash(next.bytes))
    newest = next.signed
    if (!isSameHash(treeHash(leaves), newest.checkpoint.root))
      throw changed(folder, notAsSigned(commitFile(bytes.length)))
  }
  return { bytes, entries, leaves, newest, published }
}

/** The commit that made the log so long; undefined where there is none. */
export async function committed(
  folder: string,
  size: number,
  key: NoteKey | undefined,
  before: Checkpoint | undefined,
): Promise<
  { readonly bytes: Uint8Array; readonly entry: LogEntry; readonly signed: SignedCheckpoint } | undefined
> {
  const path = commitFile(size)
  const source = await contentIfThere(join(folder, path))
  if (source === undefined) return undefined
  const read = commit.safeParse(jsonIn(source))
  if (!read.success) throw changed(folder, unreadable(path))
  const entry = parseEntry(read.data.entry)
  const signed = parseSignedCheckpoint(read.data.checkpoint)
  if (entry === undefined || signed === undefined) throw changed(folder, unreadable(path))
  const { origin } = signed.checkpoint
  if (signed.checkpoint.size !== size || origin !== (before?.origin ?? origin))
    throw changed(folder, notAsSigned(path))
  checkSignature(folder, path, signed, key)
  return { bytes: Buffer.from(read.data.entry), entry, signed }
}

async function publishedIn(folder: string, key: NoteKey | undefined) {
  const source = await contentIfThere(join(folder, checkpointFile))
  const bytes: Uint8Array[] = []
  const entries: LogEntry[] = []
  const leaves: Hash[] = []
  if (source === undefined) return { bytes, entries, leaves, newest: undefined }
  const newest = parseSignedCheckpoint(textIn(source) ?? '')
  if (newest === undefined) throw changed(folder, unreadable(checkpointFile))
  checkSignature(folder, checkpointFile, newest, key)
  const { size, root } = newest.checkpoint
  for (const { path } of bundlesOf(size)) {
    const found = entriesIn(await tileOf(folder, path))
    if (found === undefined) throw changed(folder, unreadable(path))
    for (const one of found) {
      const entry = parseEntry(textIn(one) ?? '')
      if (entry === undefined) throw changed(folder, unreadable(path))
      bytes.push(one)
      entries.push(entry)
      leaves.push(leafHash(one))
    }
  }
  if (bytes.length !== size || !isSameHash(treeHash(leaves), root))
    throw changed(
      folder,
      expected(
        `entries with the root of ${checkpointFile} (${size} of them); an entry was changed, removed or added`,
        `${checkpointFile} のルートハッシュと一致する ${size} 件の記録（変更・削除・追加されています）`,
      ),
    )
  for (const { path, bytes: wanted } of hashTiles(tileFiles(bytes, leaves)))
    if (!Buffer.from(wanted).equals(await tileOf(folder, path))) throw changed(folder, notAsSigned(path))
  return { bytes, entries, leaves, newest }
}

function hashTiles(files: readonly TileFile[]): readonly TileFile[] {
  return files.filter(({ path }) => tileIn(path)?.holdsEntries === false)
}

/** A partial tile may be gone once the whole one is there; its content is the beginning of that. */
async function tileOf(folder: string, path: string): Promise<Uint8Array> {
  const found = await contentIfThere(join(folder, path))
  if (found !== undefined) return found
  const tile = tileIn(path)
  const whole = tile && (await contentIfThere(join(folder, tile.whole)))
  const beginning = tile && whole && beginningOf(whole, tile.count, tile.holdsEntries)
  if (beginning === undefined)
    throw changed(folder, { en: `${path} is missing.`, ja: `${path} がありません。` })
  return beginning
}

function checkSignature(
  folder: string,
  path: string,
  signed: SignedCheckpoint,
  key: NoteKey | undefined,
): void {
  if (key === undefined || isSignedBy(signed.note, signed.checkpoint.origin, key)) return
  throw changed(
    folder,
    expected(
      `${path} to be signed with the log's key; a new key begins a new log`,
      `${path} がこのログの鍵で署名されていること（鍵を替えるときは新しいログを始めてください）`,
    ),
  )
}

/** The cosignatures that are kept of the checkpoint of a size, as they were checked when they came. */
export async function cosignaturesOf(folder: string, size: number): Promise<readonly NoteSignature[]> {
  const keyIds = (await namesIfThere(join(folder, `cosignatures/${size}`))).toSorted()
  const lines = await Promise.all(
    keyIds.map((keyId) => contentIfThere(join(folder, cosignatureFile(size, keyId)))),
  )
  return lines.flatMap((line) => parseSignature(textIn(line ?? Buffer.alloc(0))?.trimEnd() ?? '') ?? [])
}

export function changed(folder: string, problem: Text) {
  return refused('log-changed', { folder, problem })
}

export function notAsSigned(path: string): Text {
  return {
    en: `${path} is not as it was signed.`,
    ja: `${path} が署名時の内容と異なります。`,
  }
}

function unreadable(path: string): Text {
  return { en: `${path} cannot be read.`, ja: `${path} を読み取れません。` }
}

/** Undefined where the bytes are no UTF-8. */
export function textIn(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : undefined
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textIn(bytes) ?? '')
  } catch {
    return undefined
  }
}
