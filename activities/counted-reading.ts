/** A count over a time: which time that is, and what a reading says of it. */
import { iso } from '../domain/iso.ts'
import type { Reading } from '../domain/steps/contract.ts'
import type { Json } from '../domain/words.ts'

export type Counted = { readonly since?: string | undefined; readonly until?: string | undefined }
export type Span = { readonly since: string; readonly until: string; readonly ms: number }

const usualMs = 3_600_000

/** What was asked for, else up to now, and for an hour. `nowMs` in epoch ms. */
export function spanOf({ since, until }: Counted, nowMs: number): Span {
  const untilMs = until === undefined ? nowMs : Date.parse(until)
  const sinceMs = since === undefined ? untilMs - usualMs : Date.parse(since)
  return { since: iso(sinceMs), until: iso(untilMs), ms: Math.max(0, untilMs - sinceMs) }
}

/** A whole number that is no less than 0; undefined for everything else. */
export function countIn(value: string | null): number | undefined {
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/** `asked` is what it was counted by, word for word. */
export function countedReading(
  asked: { readonly [name: string]: Json },
  { since, until }: Span,
  count: number,
): Reading {
  return { facts: { ...asked, since, until, count }, findings: [], text: `${count}  ${since} – ${until}` }
}
