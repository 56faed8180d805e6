/**
 * Every failure a person can meet, in one list. A code is never reused and never changes its meaning.
 * HK1xx input · HK2xx not found · HK3xx refused by a rule · HK4xx a target said no · HK5xx unreachable · HK6xx timed out · HK9xx ours.
 * `exit` is the command line's exit code; `retryable` says whether trying the same again can help.
 * `{name}` places are filled from the failure's parameters.
 */

import { databaseFailures } from './failures/databases.ts'
import type { Entry } from './failures/entry.ts'
import { inputFailures } from './failures/input.ts'
import { notFoundFailures } from './failures/not-found.ts'
import { ownFailures } from './failures/ours.ts'
import { ruleFailures } from './failures/rules.ts'
import { targetFailures } from './failures/targets.ts'
import { timeFailures } from './failures/time.ts'
import { trustFailures } from './failures/trust.ts'
import { unreachableFailures } from './failures/unreachable.ts'
import { phaseTitles, riskTitles, statusTitles } from './incident/titles.ts'
import { problemInJapanese } from './phrases.ts'
import { type Lang, type Text, withoutControlCharacters } from './words.ts'

export const failures = {
  ...inputFailures,
  ...notFoundFailures,
  ...ruleFailures,
  ...trustFailures,
  ...targetFailures,
  ...databaseFailures,
  ...unreachableFailures,
  ...timeFailures,
  ...ownFailures,
} as const satisfies Record<string, Entry>

export type FailureName = keyof typeof failures

/** A failure as data: what crosses processes and stands in events. */
export type Failure = {
  readonly name: FailureName
  readonly code: string
  readonly params: Readonly<Record<string, string | number>>
}

/** What fills the places of a failure: names and figures as they are, words in both languages. */
export type FailureParams = Readonly<Record<string, string | number | Text>>

/** Builds a failure of the list. What it quotes may come from anybody and will stand on terminals, so control characters go. */
export function failure(name: FailureName, params: FailureParams = {}): Failure {
  const plain = Object.entries(params).flatMap(([key, value]): readonly [string, string | number][] => {
    if (typeof value === 'number') return [[key, value]]
    if (typeof value === 'string') return [[key, withoutControlCharacters(value)]]
    const { en, ja } = value
    return [
      [key, withoutControlCharacters(en)],
      ...(ja === en ? [] : [[inJapanese(key), withoutControlCharacters(ja)] as [string, string]]),
    ]
  })
  return { name, code: failures[name].code, params: Object.fromEntries(plain) }
}

/** Where the Japanese half of a text stands among flat parameters. */
const inJapanese = (key: string) => `${key}.ja`

/** Whether a value that came from elsewhere is a failure of the list. */
export function isFailure(value: unknown): value is Failure {
  if (value === null || typeof value !== 'object' || !('name' in value) || !('params' in value)) return false
  if (value.params === null || typeof value.params !== 'object') return false
  return typeof value.name === 'string' && Object.hasOwn(failures, value.name)
}

/** How a surface writes a moment (epoch ms): it knows the team's zone, and this does not. */
export type WriteMoment = (ms: number) => string

/** `2026-11-24 05:03 UTC`, where nobody knows a zone. */
export const inUtc: WriteMoment = (ms) => {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}

/** The two sentences of a failure: what happened and what to do next. */
export function explain(
  f: Failure,
  lang: Lang,
  writeMoment: WriteMoment = inUtc,
): { readonly what: string; readonly next: string } {
  const { what, next } = failures[f.name]
  const word = (name: string) => wordOf(f, name, lang, writeMoment)
  return { what: fill(what[lang], word), next: fill(next[lang], word) }
}

function fill(template: string, word: (name: string) => string): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => word(name))
}

const aMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** Parameters that are sentences; one that is kept in English alone is looked up. */
const spoken: readonly string[] = ['problem', 'reason']

/** Parameters that are words of the field, with their titles. */
const titled: { readonly [param: string]: { readonly [word: string]: Text } } = {
  phase: phaseTitles,
  needed: phaseTitles,
  status: statusTitles,
  risk: riskTitles,
}

function wordOf({ params }: Failure, name: string, lang: Lang, writeMoment: WriteMoment): string {
  const value = (lang === 'ja' ? params[inJapanese(name)] : undefined) ?? params[name]
  if (typeof value !== 'string') return String(value ?? `{${name}}`)
  if (lang === 'ja' && spoken.includes(name) && params[inJapanese(name)] === undefined)
    return problemInJapanese(value) ?? value
  const titles = titled[name]
  if (titles !== undefined && Object.hasOwn(titles, value)) return titles[value]?.[lang] ?? value
  if (lang === 'ja' && name === 'known' && value === 'none') return 'なし'
  return aMoment.test(value) && !Number.isNaN(Date.parse(value)) ? writeMoment(Date.parse(value)) : value
}
