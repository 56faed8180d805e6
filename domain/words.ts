/** The words every ring shares: who acts, how bad it is, how dangerous a step is, in which phase an incident is. */

import { z } from 'zod'
import { expects } from './expected.ts'
import { hasInvisible, replaceInvisible } from './invisible.ts'
import { name } from './names.ts'
import { isFitName, isReservedName } from './person.ts'

/** A text in both of the team's languages. */
export type Text = { readonly ja: string; readonly en: string }
export const text = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) })

/** Words that go on to a reader: quoted as somebody else said them, or a sentence of ours in both languages. */
export type Words = string | Text

/** The words in both languages; quoted ones and figures are the same in each. */
export function said(words: Words | number | undefined): Text {
  return typeof words === 'object' ? words : verbatim(String(words ?? ''))
}

/** Names, figures and quoted words: the same in both languages. */
export function verbatim(words: string): Text {
  return { en: words, ja: words }
}

/** The same, made in each language. */
export function inBoth(make: (lang: Lang) => string): Text {
  return { en: make('en'), ja: make('ja') }
}

/** Several words in a row. */
export function joined(words: readonly Words[], between: Words = ', '): Text {
  return inBoth((lang) => words.map((each) => said(each)[lang]).join(said(between)[lang]))
}

/** Of a list that holds nothing. */
export const none: Text = { en: 'none', ja: 'なし' }

export type Lang = 'ja' | 'en'

/** Plain JSON; everything that is hashed or crosses a process is of this shape. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'] as const
export type Severity = (typeof severities)[number]

export const impacts = ['all', 'part', 'users'] as const
export type Impact = (typeof impacts)[number]

export const risks = ['read', 'reversible', 'disruptive', 'destructive'] as const
export type Risk = (typeof risks)[number]

export const phases = [
  'investigating',
  'mitigating',
  'monitoring',
  'resolved',
  'closed',
  'cancelled',
  'merged',
] as const
export type Phase = (typeof phases)[number]

const ends = [
  'done',
  'verified',
  'going-on',
  'failed',
  'rejected',
  'expired',
  'withdrawn',
  'left-out',
  'undone',
  'skipped',
] as const

/** Where a run of a step stands. */
export const stepStatuses = [
  'planning',
  'proposed',
  'running',
  'verifying',
  'checking',
  'reading',
  'waiting',
  ...ends,
] as const
export type StepStatus = (typeof stepStatuses)[number]

/** Where it stands once it has ended. */
export const ended: readonly StepStatus[] = ends

/** Why somebody is called. */
export const pageReasons = [
  'due',
  'data-loss',
  'breach',
  'by-hand',
  'recovery-failed',
  'undo-failed',
  'cancel-refused',
  'internal-error',
  'worse',
  'repeat',
  'waiting',
  'to-do',
  'checklist',
  'update',
  'message',
  'all-clear',
] as const
export type PageReason = (typeof pageReasons)[number]

/** What an incident shows by itself of its checklists: at its start, and once it is resolved. */
export const proofs = {
  firstResponse: ['declared', 'acknowledged', 'looked', 'called'],
  afterwards: ['resolved', 'recovered', 'alerts-clear', 'counted'],
} as const
export type Proof = (typeof proofs)[keyof typeof proofs][number]

/** An incident in this phase is over; the word may come from a list or an answer. */
export function isEnd(phase: string | undefined): boolean {
  return phase === 'closed' || phase === 'cancelled' || phase === 'merged'
}

/** Controls, direction marks, what is drawn as nothing: all of them can lie on a terminal, or make two names look alike. */
export function hasControlCharacters(value: string): boolean {
  return hasInvisible(value)
}

/** The first so many units of a text; a character that would be cut in half is left out. */
export function cutTo(value: string, length: number): string {
  const cut = value.slice(0, length)
  return cut.length < value.length && /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut
}

/** The first so many units of words, in each language. */
export function cutWords(words: Words, length: number): Words {
  if (typeof words === 'string') return cutTo(words, length)
  return { en: cutTo(words.en, length), ja: cutTo(words.ja, length) }
}

/** The text with U+FFFD in place of what could lie on a terminal. */
export function withoutControlCharacters(value: string): string {
  return replaceInvisible(value, () => '\ufffd')
}

/** Who acts. All but kind and name is set by the door that checked the person, never taken from what the person sent. */
export const actor = z
  .strictObject({
    kind: z.enum(['person', 'system', 'alert']),
    id: z
      .string()
      .min(1)
      .max(200)
      .refine(
        (id) => !hasControlCharacters(id),
        expects('a name without control characters', '制御文字や見えない文字を含まない名前'),
      ),
    verified: z.boolean(),
    /** By what the door knows the person: `token`. */
    checked: name.optional(),
    /** What the door says that the person may be. */
    roles: z.array(name).max(20).optional(),
  })
  .refine(({ kind, id }) => kind !== 'person' || (isFitName(id) && !isReservedName(id)), {
    path: ['id'],
    error: expects('the name of a person', '人の名前'),
  })
export type Actor = z.infer<typeof actor>

/** The name as it stands in a sentence: one that nobody has checked says so. */
export function nameOf({ kind, id, verified }: Actor): Text {
  if (kind !== 'person' || verified) return verbatim(id)
  return { en: `${id} (not verified)`, ja: `${id}（本人確認なし）` }
}

export const system: Actor = { kind: 'system', id: 'hikeshi', verified: true }

/** The place of an event in the hash chain: what a receipt promises. */
export type Receipt = { readonly seq: number; readonly hash: string }

/** True when `a` is at least as bad as `b`. */
export function atLeast(a: Severity, b: Severity): boolean {
  return severities.indexOf(a) <= severities.indexOf(b)
}

type Said = { readonly by: Actor; readonly at: string }

/** Whose word it is when it is said once more: a verified person's stays theirs, for whoever may be anybody could take it back as their own. */
export function saidAgain(before: Said | undefined, now: Said): Said {
  return before?.by.verified === true && !now.by.verified ? before : now
}
