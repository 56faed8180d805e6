/** Heads of incidents that are over go into the transparency log of the archive, as well as that can be done. */
import { explain } from '../../domain/failures.ts'
import type { LogEntry } from '../../domain/transparency/entry.ts'
import { Refused, refused } from '../../edge/refused.ts'
import { addEntry, type LogWriter } from '../../edge/transparency/add-entry.ts'
import { transparencyFolder } from '../../wire/archive.ts'

export type HeadLog = {
  /** Never fails: what went wrong was told. Safe to repeat: one head is one entry. */
  readonly add: (archive: string, head: Omit<LogEntry, 'v'>) => Promise<void>
}

/** `tell` gets one line for the worker's log. */
export function headLog(writer: LogWriter, tell: (incident: string, line: string) => void): HeadLog {
  return {
    async add(archive, head) {
      const folder = transparencyFolder(archive)
      try {
        await addEntry(folder, { v: 1, ...head }, writer)
      } catch (error) {
        const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
        const { failure } = error instanceof Refused ? error : refused('log-unwritable', { folder, reason })
        const { what, next } = explain(failure, 'en')
        tell(head.incident, `${failure.code} the head of ${head.incident} is in no log: ${what} ${next}`)
      }
    },
  }
}
