/** Keys of reports: the same key of the same sender within 24 h is the same report. Somebody else's key of that name is another one. */
import { personKey } from '../person.ts'
import { canonicalJson, sha256Hex } from '../timeline/canonical.ts'
import type { Actor } from '../words.ts'
import type { DeskState } from './state.ts'

const keysKeptMs = 24 * 3_600_000
/** With 64 bits of each key's hash, 5,000 make some 400 KB: they travel in every continue-as-new, whatever their length. */
const keysKept = 5_000
const markDigits = 16

/** The incident that the newest report of this key went to. */
export function incidentOfKey(state: DeskState, by: Actor, key: string, now: number): string | undefined {
  const mark = markOf(by, key)
  return state.keys.findLast((k) => k.mark === mark && now - k.atMs < keysKeptMs)?.incident
}

/** The keys to remember once a report was taken: the young ones, and its own. */
export function keysAfter(
  state: DeskState,
  by: Actor,
  key: string | undefined,
  incident: string,
  now: number,
): DeskState['keys'] {
  if (key === undefined) return state.keys
  const young = state.keys.filter((k) => now - k.atMs < keysKeptMs)
  return [...young, { mark: markOf(by, key), atMs: now, incident }].slice(-keysKept)
}

function markOf({ kind, id }: Actor, key: string): string {
  return sha256Hex(canonicalJson([kind, personKey(id), key])).slice(0, markDigits)
}
