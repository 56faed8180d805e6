import { iso } from '../iso.ts'
import type { Actor, Json, Receipt } from '../words.ts'
import { canonicalJson, sha256Hex } from './canonical.ts'

/** One entry of the timeline, as it is stored, shown and hashed. `at` is UTC, ISO 8601 with milliseconds. */
export type TimelineEvent<Type extends string = string, Data = Json> = {
  readonly seq: number
  readonly at: string
  readonly type: Type
  readonly by: Actor
  readonly data: Data
  /** 32 hex digits that nobody can guess: who and what can be taken out of an event, and a guess at them not be tried. */
  readonly salt: string
  readonly hash: string
}

/** An event whose words were taken out by law or by agreement: the chain holds with what is left. */
export type RedactedEvent = Pick<TimelineEvent, 'seq' | 'at' | 'type' | 'hash'> & {
  /** The salted digest of what stood there, 64 hex digits. */
  readonly body: string
}

/** What `decide` produces: an event before it has its place in the chain. */
export type Fact<Type extends string = string, Data = unknown> = {
  readonly type: Type
  readonly by: Actor
  readonly data: Data
}

/** The head of an empty chain. */
export const genesis: Receipt = { seq: 0, hash: '0'.repeat(64) }

/**
 * SHA-256 over the previous hash and the canonical JSON of number, time, type and body; the body is a digest of its own, of who and what
 * with the salt (docs/adr/0013-what-freezes.md).
 */
export function hashOf(
  previous: string,
  event: Omit<TimelineEvent, 'hash'> | Omit<RedactedEvent, 'hash'>,
): string {
  const { seq, at, type } = event
  // An event that says who or what is held by that, whatever digest stands beside it.
  const isWhole = 'by' in event || 'data' in event || 'salt' in event
  const body = isWhole ? bodyOf(event) : event.body
  return sha256Hex(`${previous}\n${canonicalJson({ seq, at, type, body })}`)
}

function bodyOf({ by, data, salt }: Pick<TimelineEvent, 'by' | 'data' | 'salt'>): string {
  return sha256Hex(`${salt}\n${canonicalJson({ by, data })}`)
}

/** An incident's own secret, of its desk's; nobody gets from the one to the other's. */
export function secretOf(deskSecret: string, incident: string): string {
  return sha256Hex(`${deskSecret}\n${incident}`)
}

/**
 * The salt of an event; each is its own, so that one which is shown says nothing about another that was taken out. `nonce` is the id of the
 * command that it follows from: that stands in the history of the very workflow alone, while a desk's history tells its incidents' secrets.
 */
export function saltOf(secret: string, seq: number, nonce = ''): string {
  return sha256Hex(`${secret}\n${seq}\n${nonce}`).slice(0, 32)
}

/** Puts a fact at the end of the chain. `now` in epoch milliseconds; `secret` is the workflow's own, `nonce` as of `saltOf`. */
export function append<F extends Fact>(
  head: Receipt,
  fact: F,
  now: number,
  secret: string,
  nonce?: string,
): TimelineEvent<F['type'], F['data']> {
  const seq = head.seq + 1
  const at = iso(now)
  const entry = {
    seq,
    at,
    type: fact.type,
    by: fact.by,
    data: fact.data as Json,
    salt: saltOf(secret, seq, nonce),
  }
  return { ...entry, hash: hashOf(head.hash, entry) } as TimelineEvent<F['type'], F['data']>
}

/** The event without who and what; whoever has seen it before can still show that it was this one. */
export function redacted({ seq, at, type, hash, ...rest }: TimelineEvent): RedactedEvent {
  return { seq, at, type, body: bodyOf(rest), hash }
}

/** The first event whose number or hash does not follow from the one before it, or undefined when the chain holds. */
export function firstBreak<E extends TimelineEvent | RedactedEvent>(
  events: readonly E[],
  from: Receipt = genesis,
): E | undefined {
  let head = from
  for (const event of events) {
    if (event.seq !== head.seq + 1 || event.hash !== hashOf(head.hash, event)) return event
    head = { seq: event.seq, hash: event.hash }
  }
  return undefined
}
