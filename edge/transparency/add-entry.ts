/**
 * Adds to a log in a folder. Several writers may do so at once, and each may die at every moment: the name of the next commit is the
 * place in the log, and only one can give it its name. All else follows from the commits, so whoever comes finishes what another began.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checkpointText } from '../../domain/transparency/checkpoint.ts'
import { withCosignatures } from '../../domain/transparency/cosignature.ts'
import { entryBytes, type LogEntry } from '../../domain/transparency/entry.ts'
import {
  formatNote,
  formatSignature,
  type Note,
  type NoteKey,
  type NoteSignature,
  signedNote,
} from '../../domain/transparency/note.ts'
import { partialsOf, tileFiles, tileIn } from '../../domain/transparency/tiles.ts'
import { leafHash, treeHash } from '../../domain/transparency/tree.ts'
import { contentIfThere } from '../if-there.ts'
import type { NoteSigner } from '../note-keys.ts'
import { putOnce, putOver, removeAbandoned } from './put-once.ts'
import {
  type Commit,
  changed,
  checkpointFile,
  commitFile,
  cosignatureFile,
  cosignaturesOf,
  type Log,
  notAsSigned,
  readLog,
  textIn,
} from './read-log.ts'

/** Who writes a log: the name it has for everybody, and the key that signs for it. */
export type LogWriter = { readonly origin: string; readonly signer: NoteSigner }

/** Where in the log the head is now; it is there once, however often it is added. Throws `log-changed`. */
export async function addEntry(
  folder: string,
  entry: LogEntry,
  { origin, signer }: LogWriter,
): Promise<{ readonly index: number; readonly log: Log }> {
  await removeAbandoned(folder)
  for (;;) {
    const log = await completeLog(folder, signer)
    const before = log.newest?.checkpoint.origin ?? origin
    if (before !== origin)
      throw changed(folder, {
        en: `it is the log "${before}", not "${origin}".`,
        ja: `このログの名前は「${before}」であり、「${origin}」ではありません。`,
      })
    const index = log.entries.findIndex(
      ({ incident, seq, hash }) => incident === entry.incident && seq === entry.seq && hash === entry.hash,
    )
    if (index >= 0) return { index, log }
    const bytes = entryBytes(entry)
    const leaves = [...log.leaves, leafHash(bytes)]
    const size = leaves.length
    const note = signedNote(checkpointText({ origin, size, root: treeHash(leaves) }), origin, signer)
    const commit: Commit = { entry: Buffer.from(bytes).toString(), checkpoint: formatNote(note) }
    // Taken: another writer was first, and this entry comes behind that one.
    await putOnce(folder, commitFile(size), `${JSON.stringify(commit)}\n`)
  }
}

/** Makes the tiles of what was committed, and publishes the newest checkpoint with its cosignatures. */
export async function completeLog(folder: string, key: NoteKey): Promise<Log> {
  for (;;) {
    const log = await readLog(folder, key)
    if (log.newest === undefined) return log
    const { note, checkpoint } = log.newest
    const { size } = checkpoint
    const files = tileFiles(log.bytes, log.leaves, log.published)
    for (const { path, bytes } of files)
      if ((await putOnce(folder, path, bytes)) === 'taken') throw changed(folder, notAsSigned(path))
    const wanted = await checkpointOf(folder, size, note)
    const isThere = textIn((await contentIfThere(join(folder, checkpointFile))) ?? Buffer.alloc(0)) === wanted
    if (!isThere) await putOver(folder, checkpointFile, wanted)
    // A writer that stood still in the meantime may have put an older one over a newer one: whoever was last looks again.
    const isNewest = (await contentIfThere(join(folder, commitFile(size + 1)))) === undefined
    if (!isNewest || (await checkpointOf(folder, size, note)) !== wanted) continue
    for (const { path } of files) {
      const tile = tileIn(path)
      if (tile?.whole === path) await rm(join(folder, partialsOf(path)), { recursive: true, force: true })
    }
    return { ...log, published: size }
  }
}

/** Keeps cosignatures of the checkpoint of a size, the first of each key: what was seen earlier proves more. */
export async function keepCosignatures(
  folder: string,
  size: number,
  lines: readonly NoteSignature[],
  key: NoteKey,
): Promise<Log> {
  for (const line of lines)
    await putOnce(folder, cosignatureFile(size, line.keyId), `${formatSignature(line)}\n`)
  return completeLog(folder, key)
}

async function checkpointOf(folder: string, size: number, note: Note): Promise<string> {
  return formatNote(withCosignatures(note, await cosignaturesOf(folder, size)))
}
