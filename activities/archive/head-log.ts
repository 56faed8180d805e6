/** Heads of incidents that are over go into the transparency log of the archive, as well as that can be done. */
import { explain } from '../../domain/failures.ts'
import type { LogEntry } from '../../domain/transparency/entry.ts'
import { Refused, refused } from '../../edge/refused.ts'
import { addEntry, type LogWriter } from '../../edge/transparency/add-entry.ts'
import { noLongerWaiting, putWaiting, readWaiting, waitingIn } from '../../edge/transparency/waiting.ts'
import { transparencyFolder } from '../../wire/archive.ts'

/** Neither fails: what went wrong was told. Safe to repeat: one head is one entry. */
export type HeadLog = {
  /** Adds a head, and those that waited before it. */
  readonly add: (archive: string, head: Omit<LogEntry, 'v'>) => Promise<void>
  readonly addWaiting: (archive: string) => Promise<void>
}

/** `tell` gets one line for the worker's log. */
export function headLog(writer: LogWriter, tell: (line: string, incident?: string) => void): HeadLog {
  const addEach = async (folder: string): Promise<void> => {
    for (const name of await waitingIn(folder)) {
      const entry = await readWaiting(folder, name, writer).catch((error: unknown) => {
        tell(toldOf(folder, error, `waiting/${name}`))
        return undefined
      })
      if (entry === undefined) continue
      await addEntry(folder, entry, writer)
      await noLongerWaiting(folder, entry)
    }
  }
  return {
    async add(archive, head) {
      const folder = transparencyFolder(archive)
      try {
        await putWaiting(folder, { v: 1, ...head }, writer)
        await addEach(folder)
      } catch (error) {
        tell(toldOf(folder, error, `the head of ${head.incident}`), head.incident)
      }
    },
    async addWaiting(archive) {
      const folder = transparencyFolder(archive)
      await addEach(folder).catch((error: unknown) => tell(toldOf(folder, error, 'what waits')))
    },
  }
}

function toldOf(folder: string, error: unknown, what: string): string {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  const { failure } = error instanceof Refused ? error : refused('log-unwritable', { folder, reason })
  const words = explain(failure, 'en')
  return `${failure.code} ${what} is not in the log: ${words.what} ${words.next}`
}
