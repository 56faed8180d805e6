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
import { restoreFailures } from './failures/restore.ts'
import { ruleFailures } from './failures/rules.ts'
import { targetFailures } from './failures/targets.ts'
import { timeFailures } from './failures/time.ts'
import { trustFailures } from './failures/trust.ts'
import { unreachableFailures } from './failures/unreachable.ts'
import { phaseTitles, riskTitles, statusTitles } from './titles.ts'
import { type Lang, type Text, type Words, withoutControlCharacters } from './words.ts'

export const failures = {
  ...inputFailures,
  ...notFoundFailures,
  ...ruleFailures,
  ...trustFailures,
  ...targetFailures,
  ...databaseFailures,
  ...restoreFailures,
  ...unreachableFailures,
  ...timeFailures,
  ...ownFailures,
} as const satisfies Record<string, Entry>

export type FailureName = keyof typeof failures

/** What fills a place of a failure: a name, a figure or a quoted word as it is; a sentence of ours in both languages. */
export type FailureParam = Words | number
export type FailureParams = Readonly<Record<string, FailureParam>>

/** A failure as data: what crosses processes and stands in events. */
export type Failure = {
  readonly name: FailureName
  readonly code: string
  readonly params: FailureParams
}

/** Builds a failure of the list. What it quotes may come from anybody and will stand on terminals, so control characters go. */
export function failure(name: FailureName, params: FailureParams = {}): Failure {
  const clean = Object.entries(params).map(([key, value]) => [key, withoutControls(value)])
  return { name, code: failures[name].code, params: Object.fromEntries(clean) }
}

function withoutControls(value: FailureParam): FailureParam {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return withoutControlCharacters(value)
  return { en: withoutControlCharacters(value.en), ja: withoutControlCharacters(value.ja) }
}

/** Whether a value that came from elsewhere is a failure of the list, to its last parameter. */
export function isFailure(value: unknown): value is Failure {
  if (!isObject(value) || !isObject(value.params)) return false
  const { name, code, params } = value
  if (typeof name !== 'string' || !Object.hasOwn(failures, name)) return false
  return code === failures[name as FailureName].code && Object.values(params).every(isParam)
}

function isParam(value: unknown): value is FailureParam {
  if (typeof value === 'string' || typeof value === 'number') return true
  if (!isObject(value)) return false
  const { en, ja, ...others } = value
  return typeof en === 'string' && typeof ja === 'string' && Object.keys(others).length === 0
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
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

/** A failure in a few words, within a sentence about something else: its code and what happened. */
export function inShort(f: Failure): Text {
  return { en: `${f.code} ${explain(f, 'en').what}`, ja: `${f.code} ${explain(f, 'ja').what}` }
}

function fill(template: string, word: (name: string) => string): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => word(name))
}

const aMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** Parameters that are words of the field, with their titles. */
const titled: { readonly [param: string]: { readonly [word: string]: Text } } = {
  phase: phaseTitles,
  needed: phaseTitles,
  status: statusTitles,
  risk: riskTitles,
}

function wordOf({ params }: Failure, name: string, lang: Lang, writeMoment: WriteMoment): string {
  const value = params[name]
  if (typeof value === 'object') return value[lang]
  if (typeof value !== 'string') return String(value ?? `{${name}}`)
  const titles = titled[name]
  if (titles !== undefined && Object.hasOwn(titles, value)) return titles[value]?.[lang] ?? value
  return aMoment.test(value) && !Number.isNaN(Date.parse(value)) ? writeMoment(Date.parse(value)) : value
}
