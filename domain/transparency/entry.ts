/** What a log holds of an incident: the head of its timeline when it was over. Canonical JSON, so that one head has one entry. */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { z } from 'zod'
import { expects } from '../expected.ts'
import { incidentId } from '../names.ts'
import { canonicalJson } from '../timeline/canonical.ts'

export const logEntry = z.strictObject({
  v: z.literal(1),
  incident: incidentId,
  /** Runs of its workflow up to this head. */
  runs: z.number().int().positive(),
  /** Number and hash of the event at the head: so many events lead to it. */
  seq: z.number().int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/, expects('64 hex digits', '16 進数 64 桁')),
  /** When it was closed or cancelled. */
  closedAt: z.iso.datetime(),
})
export type LogEntry = z.infer<typeof logEntry>

export function entryBytes(entry: LogEntry): Uint8Array {
  return utf8ToBytes(canonicalJson(entry))
}

/** Undefined where a text is no entry, or not written in the one way there is. */
export function parseEntry(source: string): LogEntry | undefined {
  try {
    const { success, data } = logEntry.safeParse(JSON.parse(source))
    return success && canonicalJson(data) === source ? data : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Entries of one incident that tell two stories: the same event with two hashes. */
export function contradictions(entries: readonly LogEntry[]): readonly LogEntry[] {
  const known = new Map<string, string>()
  return entries.filter(({ incident, seq, hash }) => {
    const event = `${incident} ${seq}`
    const before = known.get(event)
    known.set(event, before ?? hash)
    return before !== undefined && before !== hash
  })
}
