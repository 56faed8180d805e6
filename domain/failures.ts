/**
 * Every failure a person can meet, in one list. A code is never reused and never changes its meaning.
 * HK1xx input · HK2xx not found · HK3xx refused by a rule · HK4xx a target said no · HK5xx unreachable · HK6xx timed out · HK9xx ours.
 * `exit` is the command line's exit code; `retryable` says whether trying the same again can help.
 * `{name}` places are filled from the failure's parameters.
 */
import type { Entry } from './failures/entry.ts'
import { inputFailures } from './failures/input.ts'
import { notFoundFailures } from './failures/not-found.ts'
import { ownFailures } from './failures/ours.ts'
import { ruleFailures } from './failures/rules.ts'
import { targetFailures } from './failures/targets.ts'
import { timeFailures } from './failures/time.ts'
import { unreachableFailures } from './failures/unreachable.ts'
import { type Lang, withoutControlCharacters } from './words.ts'

export const failures = {
  ...inputFailures,
  ...notFoundFailures,
  ...ruleFailures,
  ...targetFailures,
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

/** Builds a failure of the list. What it quotes may come from anybody and will stand on terminals, so control characters go. */
export function failure(name: FailureName, params: Failure['params'] = {}): Failure {
  const plain = Object.entries(params).map(([key, value]): [string, string | number] => [
    key,
    typeof value === 'string' ? withoutControlCharacters(value) : value,
  ])
  return { name, code: failures[name].code, params: Object.fromEntries(plain) }
}

/** Whether a value that came from elsewhere is a failure of the list. */
export function isFailure(value: unknown): value is Failure {
  if (value === null || typeof value !== 'object' || !('name' in value) || !('params' in value)) return false
  if (value.params === null || typeof value.params !== 'object') return false
  return typeof value.name === 'string' && Object.hasOwn(failures, value.name)
}

/** The two sentences of a failure: what happened and what to do next. */
export function explain(f: Failure, lang: Lang): { readonly what: string; readonly next: string } {
  const { what, next } = failures[f.name]
  return { what: fill(what[lang], f.params), next: fill(next[lang], f.params) }
}

function fill(template: string, params: Failure['params']): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? `{${name}}`))
}
