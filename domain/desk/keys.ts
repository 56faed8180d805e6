/** Keys of reports: the same key within 24 h is the same report. */
import { sha256Hex } from '../timeline/canonical.ts'
import type { DeskState } from './state.ts'

const keysKeptMs = 24 * 3_600_000
/** With 64 bits of each key's hash, 5,000 make some 400 KB: they travel in every continue-as-new, whatever their length. */
const keysKept = 5_000
const markDigits = 16

/** The incident that a report of this key went to. */
export function incidentOfKey(state: DeskState, key: string, now: number): string | undefined {
  const mark = markOf(key)
  return state.keys.find((k) => k.mark === mark && now - k.atMs < keysKeptMs)?.incident
}

/** The keys to remember once a report was taken: the young ones, and its own. */
export function keysAfter(
  state: DeskState,
  key: string | undefined,
  incident: string,
  now: number,
): DeskState['keys'] {
  if (key === undefined) return state.keys
  const young = state.keys.filter((k) => now - k.atMs < keysKeptMs)
  return [...young, { mark: markOf(key), atMs: now, incident }].slice(-keysKept)
}

function markOf(key: string): string {
  return sha256Hex(key).slice(0, markDigits)
}
