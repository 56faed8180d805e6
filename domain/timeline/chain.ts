import type { Actor, Json, Receipt } from '../words.ts'
import { canonicalJson, sha256Hex } from './canonical.ts'

/** One entry of the timeline, as it is stored, shown and hashed. `at` is UTC, ISO 8601 with milliseconds. */
export type TimelineEvent<Type extends string = string, Data = Json> = {
  readonly seq: number
  readonly at: string
  readonly type: Type
  readonly by: Actor
  readonly data: Data
  readonly hash: string
}

/** What `decide` produces: an event before it has its place in the chain. */
export type Fact<Type extends string = string, Data = unknown> = {
  readonly type: Type
  readonly by: Actor
  readonly data: Data
}

/** The head of an empty chain. */
export const genesis: Receipt = { seq: 0, hash: '0'.repeat(64) }

/** SHA-256 over the previous hash and the canonical JSON of the event without its own hash. */
export function hashOf(previous: string, event: Omit<TimelineEvent, 'hash'>): string {
  const { seq, at, type, by, data } = event
  return sha256Hex(`${previous}\n${canonicalJson({ seq, at, type, by, data })}`)
}

/** Puts a fact at the end of the chain. `now` in epoch milliseconds. */
export function append<F extends Fact>(
  head: Receipt,
  fact: F,
  now: number,
): TimelineEvent<F['type'], F['data']> {
  const at = new Date(now).toISOString()
  const entry = { seq: head.seq + 1, at, type: fact.type, by: fact.by, data: fact.data as Json }
  return { ...entry, hash: hashOf(head.hash, entry) } as TimelineEvent<F['type'], F['data']>
}

/** The first event whose number or hash does not follow from the one before it, or undefined when the chain holds. */
export function firstBreak(
  events: readonly TimelineEvent[],
  from: Receipt = genesis,
): TimelineEvent | undefined {
  let head = from
  for (const event of events) {
    if (event.seq !== head.seq + 1 || event.hash !== hashOf(head.hash, event)) return event
    head = { seq: event.seq, hash: event.hash }
  }
  return undefined
}
