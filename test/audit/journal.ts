/** What the auditor knows: what was sent, when, and what was answered. Nothing in it comes from a workflow's own account. */
import type { CommandType } from '../../domain/incident/commands.ts'
import type { Receipt } from '../../domain/words.ts'

export type Entry = {
  readonly kind: 'declare' | 'alerts' | 'update' | 'signal' | 'freeze'
  /** Update's or signal's name. */
  readonly name: CommandType | 'declare' | 'alerts' | 'nonsense'
  readonly desk: string
  /** Known in advance for commands, by the answer for declarations and alerts. */
  incident?: string
  /** Words that stand in no other message. */
  readonly text?: string
  readonly key?: string
  readonly group?: string
  readonly sentMs: number
  answeredMs?: number
  receipt?: Receipt
  /** When the first timed level is due, as the answer to a declaration says. */
  firstDueMs?: number
  created?: boolean
  refused?: string
  /** Nobody answered within all patience. */
  unanswered?: string
}

export type Journal = {
  readonly entries: readonly Entry[]
  readonly write: (entry: Entry) => Entry
}

export function journal(): Journal {
  const entries: Entry[] = []
  return {
    entries,
    write: (entry) => {
      entries.push(entry)
      return entry
    },
  }
}

export function isAccepted(entry: Entry): boolean {
  return entry.answeredMs !== undefined && entry.refused === undefined
}

/** The commands after which nobody is paged by time: whoever does something about a step knows of it as well. */
export const calming: readonly string[] = [
  'acknowledge',
  'run',
  'approve',
  'reject',
  'undo',
  'resolve',
  'close',
  'cancel',
]
