/**
 * Heads on their way into a log. One lies here before it is added and until it is an entry, so that a full disk, a log that was changed or a
 * worker that dies leaves none out for ever. Each is signed with the log's key: who can write the folder alone cannot have anything logged.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { entryBytes, type LogEntry, parseEntry } from '../../domain/transparency/entry.ts'
import {
  formatNote,
  isSignedBy,
  type NoteKey,
  parseNote,
  signedNote,
} from '../../domain/transparency/note.ts'
import { contentIfThere, namesIfThere } from '../if-there.ts'
import type { LogWriter } from './add-entry.ts'
import { putOnce } from './put-once.ts'
import { changed, notAsSigned, textIn } from './read-log.ts'

const waitingFolder = 'waiting'

/** Unlike the text of a checkpoint, whose second line is a number: neither can pass for the other. */
function waitingText(origin: string, entry: LogEntry): string {
  return `${origin}\nwaiting\n${Buffer.from(entryBytes(entry))}\n`
}

function fileOf({ incident, seq, hash }: LogEntry): string {
  return join(waitingFolder, `${incident}.${seq}.${hash}`)
}

export async function putWaiting(folder: string, entry: LogEntry, { origin, signer }: LogWriter) {
  await putOnce(folder, fileOf(entry), formatNote(signedNote(waitingText(origin, entry), origin, signer)))
}

export async function noLongerWaiting(folder: string, entry: LogEntry): Promise<void> {
  await rm(join(folder, fileOf(entry)), { force: true })
}

/** Names of the files that wait. */
export async function waitingIn(folder: string): Promise<readonly string[]> {
  return (await namesIfThere(join(folder, waitingFolder))).toSorted()
}

/** What a file of `waitingIn` says; undefined where it is gone meanwhile. Throws `log-changed` where it is not as the log's key signed it. */
export async function readWaiting(
  folder: string,
  name: string,
  { origin, signer }: { readonly origin: string; readonly signer: NoteKey },
): Promise<LogEntry | undefined> {
  const path = join(waitingFolder, name)
  const source = await contentIfThere(join(folder, path))
  if (source === undefined) return undefined
  const note = parseNote(textIn(source) ?? '')
  const entry = parseEntry(note?.text.split('\n')[2] ?? '')
  const isItsName = entry !== undefined && fileOf(entry) === path
  if (
    note === undefined ||
    !isItsName ||
    note.text !== waitingText(origin, entry) ||
    !isSignedBy(note, origin, signer)
  )
    throw changed(folder, notAsSigned(path))
  return entry
}
