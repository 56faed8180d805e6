/** Turns what zod says into problems with words of our own: both languages, the nearest right word, no zod jargon. */
import { z } from 'zod'
import { expectedIn } from '../expected.ts'
import { nearest } from '../nearest.ts'
import { present } from '../present.ts'
import type { Text } from '../words.ts'
import { describe, type Problem, type ProblemPath, quote } from './problem.ts'

type Issue = z.core.$ZodIssue

/** Every problem of `value` against `schema`; `path` is where the value stands in the runbook. */
export function schemaProblems(
  schema: z.ZodType,
  value: unknown,
  path: ProblemPath = [],
): readonly Problem[] {
  const parsed = schema.safeParse(value, { reportInput: true })
  if (parsed.success) return []
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(schema, issue, path))
  return problems.filter((problem) => !explainedByTypo(problem, problems))
}

function problemsOf(schema: z.ZodType, issue: Issue, base: ProblemPath): readonly Problem[] {
  const inner = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  const path = [...base, ...inner]
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, inner)
      return issue.keys.map((key) => misspelt([...path, key], 'key', oneOf(known), key, nearest(key, known)))
    }
    case 'invalid_key':
      return [{ path, at: 'key', expected: expectedBy(issue.issues[0] ?? issue), got: describe(issue.input) }]
    case 'invalid_value': {
      const words = issue.values.map(String)
      const got = issue.input
      const suggestion = typeof got === 'string' ? nearest(got, words) : undefined
      if (got === undefined) return [{ path, at: 'missing', expected: oneOf(words), got: describe(got) }]
      return [misspelt(path, 'value', oneOf(words), got, suggestion)]
    }
    case 'invalid_union': {
      const meant = alternativeMeant(issue)
      if (meant !== undefined)
        return meant.flatMap((each) => problemsOf(schema, { ...each, path: [...inner, ...each.path] }, base))
      const shapes = isGroup(issue.input) ? missingFirst(issue) : []
      const expected = shapes.length > 0 ? oneOf(shapes) : expectedBy(issue)
      const at = issue.input === undefined ? 'missing' : 'value'
      return [{ path, at, expected, got: describe(issue.input) }]
    }
    default:
      return [
        {
          path,
          at: issue.input === undefined && issue.code !== 'custom' ? 'missing' : 'value',
          expected: expectedBy(issue),
          got: describe(issue.input),
        },
      ]
  }
}

type Alternatives = Extract<Issue, { readonly code: 'invalid_union' }>

/** Of several groups of keys the one that it is closest to; undefined where two are as close. */
function alternativeMeant({ input, errors }: Alternatives): readonly Issue[] | undefined {
  if (!isGroup(input)) return undefined
  const mistakes = (issues: readonly Issue[]) =>
    issues.reduce((sum, each) => sum + (each.code === 'unrecognized_keys' ? each.keys.length : 1), 0)
  const [closest, next] = errors.toSorted((a, b) => mistakes(a) - mistakes(b))
  if (closest === undefined || next === undefined) return closest
  return mistakes(closest) < mistakes(next) ? closest : undefined
}

/** The key that each alternative lacks first. */
function missingFirst({ errors }: Alternatives): readonly string[] {
  return errors.flatMap(([first]) =>
    first !== undefined && first.input === undefined && first.path.length === 1
      ? [String(first.path[0])]
      : [],
  )
}

function isGroup(value: unknown): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function misspelt(
  path: ProblemPath,
  at: Problem['at'],
  expected: Text,
  got: unknown,
  suggestion: string | undefined,
): Problem {
  return { path, at, expected, got: describe(got), ...present({ suggestion }) }
}

/** What is said of a key that stands right there misspelt is one mistake, not two. */
function explainedByTypo(problem: Problem, all: readonly Problem[]): boolean {
  return (
    problem.at !== 'key' &&
    all.some(
      (other) =>
        other.at === 'key' &&
        other.path.length === problem.path.length &&
        other.path.slice(0, -1).every((part, i) => part === problem.path[i]) &&
        other.suggestion === problem.path.at(-1),
    )
  )
}

/** `one of a, b, c` in both languages. */
export function oneOf(words: readonly string[]): Text {
  if (words.length === 0) return { en: 'nothing here', ja: '何も書かない' }
  const list = words.map(quote).join(', ')
  return words.length === 1 ? { en: list, ja: list } : { en: `one of ${list}`, ja: `${list} のいずれか` }
}

const types: Readonly<Record<string, Text>> = {
  string: { en: 'text', ja: '文字列' },
  number: { en: 'a number', ja: '数値' },
  int: { en: 'a whole number', ja: '整数' },
  boolean: { en: 'true or false', ja: 'true または false' },
  array: { en: 'a list', ja: 'リスト' },
  object: { en: 'a group of keys', ja: 'キーの集まり' },
  record: { en: 'a group of keys', ja: 'キーの集まり' },
}

const formats: Readonly<Record<string, Text>> = {
  url: {
    en: 'a URL starting with http:// or https://',
    ja: 'http:// または https:// で始まる URL',
  },
  date: { en: 'a date such as 2026-11-24', ja: '2026-11-24 のような日付' },
  datetime: {
    en: 'a time in UTC such as 2026-11-24T14:30:00Z',
    ja: '2026-11-24T14:30:00Z のような UTC の時刻',
  },
}

/** What an issue of zod's expects, in our words. */
export function expectedBy(issue: Issue): Text {
  const own = expectedIn(issue.message)
  if (own !== undefined) return own
  switch (issue.code) {
    case 'invalid_type':
      return types[issue.expected] ?? unknown
    case 'invalid_format':
      return formats[issue.format] ?? unknown
    case 'too_small':
      return bound(issue.origin, 'least', issue.minimum)
    case 'too_big':
      return bound(issue.origin, 'most', issue.maximum)
    case 'invalid_union':
      return eitherOf(issue.errors.flatMap(([first]) => (first === undefined ? [] : [first])))
    case 'invalid_value':
      return oneOf(issue.values.map(String))
    default:
      return unknown
  }
}

/** A sentence of ours among the alternatives says the most ("a duration such as 5m"); else all of them. */
function eitherOf(alternatives: readonly Issue[]): Text {
  const texts = alternatives.map(expectedBy)
  const own = alternatives.findIndex(({ message }) => expectedIn(message) !== undefined)
  if (own >= 0) return texts[own] ?? unknown
  const of = (lang: 'en' | 'ja') => [...new Set(texts.map((text) => text[lang]))]
  return texts.length === 0 ? unknown : { en: of('en').join(' or '), ja: of('ja').join('か') }
}

function bound(origin: string, side: 'least' | 'most', limit: number | bigint): Text {
  const en = side === 'least' ? 'at least' : 'at most'
  const ja = side === 'least' ? '以上' : '以下'
  if (origin === 'string') {
    return limit === 1n || limit === 1
      ? { en: 'non-empty text', ja: '空でない文字列' }
      : { en: `text of ${en} ${limit} characters`, ja: `${limit} 文字${ja}の文字列` }
  }
  if (origin === 'array') return { en: `a list of ${en} ${limit}`, ja: `${limit} 個${ja}のリスト` }
  return { en: `a number of ${en} ${limit}`, ja: `${limit} ${ja}の数値` }
}

/** Where there is no sentence of ours; a library's own never comes out. */
const unknown: Text = { en: 'another value', ja: '別の値' }

/** The keys that the schema knows at a path, of all alternatives there; empty where it takes any. */
function keysAt(schema: unknown, path: ProblemPath): readonly string[] {
  const here = unwrap(schema)
  if (here instanceof z.ZodUnion)
    return [...new Set(here.options.flatMap((option: unknown) => keysAt(option, path)))]
  const [part, ...rest] = path
  if (part === undefined) return here instanceof z.ZodObject ? Object.keys(here.shape) : []
  if (here instanceof z.ZodObject) return keysAt(here.shape[String(part)], rest)
  if (here instanceof z.ZodArray) return keysAt(here.element, rest)
  return here instanceof z.ZodRecord ? keysAt(here.valueType, rest) : []
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema
}
