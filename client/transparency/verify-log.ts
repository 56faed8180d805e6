/** Re-reads a whole log: everything that it ever signed, and every file that lies in it. */
import { join, resolve } from 'node:path'
import { contradictions, type LogEntry } from '../../domain/transparency/entry.ts'
import type { NoteKey } from '../../domain/transparency/note.ts'
import { beginningOf, tileFiles, tileIn } from '../../domain/transparency/tiles.ts'
import { isSameHash, rootsOf } from '../../domain/transparency/tree.ts'
import { entriesIfThere } from '../../edge/if-there.ts'
import { readPlain } from '../../edge/plain-file.ts'
import {
  changed,
  commitFile,
  committed,
  type Log,
  notAsSigned,
  readLog,
} from '../../edge/transparency/read-log.ts'
import { waitingIn } from '../../edge/transparency/waiting.ts'

export type VerifiedLog = {
  readonly log: Log
  /** Older checkpoints that were found and hold. */
  readonly commits: number
  /** Entries that tell another story than one before them of the same incident. */
  readonly contradicting: readonly LogEntry[]
  /** Heads that are not in the log yet. */
  readonly waiting: number
}

/** Throws `log-changed` with the first thing that is not as it was signed. */
export async function verifyLog(folder: string, key: NoteKey | undefined): Promise<VerifiedLog> {
  const log = await readLog(folder, key)
  let commits = 0
  for (const [i, root] of rootsOf(log.leaves).entries()) {
    const found = await committed(folder, i + 1, key, log.newest?.checkpoint)
    if (found === undefined) continue
    const isSame = Buffer.from(log.bytes[i] ?? []).equals(found.bytes)
    if (!isSame || !isSameHash(found.signed.checkpoint.root, root))
      throw changed(folder, notAsSigned(commitFile(i + 1)))
    commits += 1
  }
  await checkTiles(folder, log)
  const waiting = (await waitingIn(folder)).length
  return { log, commits, contradicting: contradictions(log.entries), waiting }
}

/** Also those that nobody asks for any more: each is the beginning of what is there now. */
async function checkTiles(given: string, { bytes, leaves }: Log): Promise<void> {
  const folder = resolve(given)
  const now = new Map(
    tileFiles(bytes, leaves).map((file) => [tileIn(file.path)?.whole ?? file.path, file.bytes] as const),
  )
  for (const entry of await entriesIfThere(join(folder, 'tile'), { recursive: true })) {
    if (entry.isDirectory()) continue
    const file = join(entry.parentPath, entry.name)
    const path = file.slice(join(folder, '/').length)
    const tile = tileIn(path)
    const whole = tile && now.get(tile.whole)
    const wanted = tile && whole && beginningOf(whole, tile.count, tile.holdsEntries)
    if (wanted === undefined || !Buffer.from(wanted).equals(await readPlain(file)))
      throw changed(folder, notAsSigned(path))
  }
}
