import { createHash } from 'node:crypto'
import type { LogEntry } from '../../domain/transparency/entry.ts'

export const origin = 'log.example/incidents'

/** The same head for the same incident. */
export function entryOf(incident: string): LogEntry {
  const hash = createHash('sha256').update(incident).digest('hex')
  return { v: 1, incident, runs: 1, seq: 12, hash, closedAt: '2026-11-30T05:00:00.000Z' }
}
