/** The one reader of our YAML settings: every mistake in a file is named, and no secret that stands there by mistake is quoted. */
import { readFile } from 'node:fs/promises'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { name } from '../domain/names.ts'
import { nearest } from '../domain/nearest.ts'
import { present } from '../domain/present.ts'
import {
  describe,
  explainProblem,
  type Problem,
  type ProblemPath,
  showPath,
} from '../domain/runbook/problem.ts'
import { oneOf, schemaProblems } from '../domain/runbook/schema-problems.ts'
import type { Text } from '../domain/words.ts'
import { type Refused, refused } from './refused.ts'

/** One schema for each kind. */
export type Kinds = Readonly<Record<string, z.ZodType>>

export type Settings<K extends Kinds> = Readonly<Record<string, { [N in keyof K]: z.infer<K[N]> }[keyof K]>>

/** The text of a settings file; throws `bad-input` when it cannot be read. */
export async function readSettings(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw refused('bad-input', {
      where: file,
      problem: { en: `it cannot be read (${code})`, ja: `読み取れません（${code}）` },
    })
  }
}

/** What stands under `section`, by name; throws `bad-input` with every mistake in it, and never a secret. */
export function parseSettings<K extends Kinds>(
  text: string,
  file: string,
  section: string,
  kinds: K,
): Settings<K> {
  return parseSettingsAnd(text, file, section, kinds, {}).settings
}

/** The same for a file that says more beside that section. */
export function parseSettingsAnd<K extends Kinds, B extends z.ZodRawShape>(
  text: string,
  file: string,
  section: string,
  kinds: K,
  beside: B,
): { readonly settings: Settings<K>; readonly beside: z.infer<z.ZodObject<B>> } {
  const source = plainValue(text, file)
  const named = z.record(name, z.looseObject({ kind: z.string() }))
  const outer = z.strictObject({ ...beside, [section]: named })
  const broken = schemaProblems(outer, source)
  if (broken.length > 0) throw mistakes(file, broken)
  const settings: Record<string, unknown> = {}
  const problems: Problem[] = []
  const parsed: Readonly<Record<string, unknown>> = outer.parse(source)
  for (const [own, value] of Object.entries(named.parse(parsed[section]))) {
    const path = [section, own]
    const schema = Object.hasOwn(kinds, value.kind) ? kinds[value.kind] : undefined
    if (schema === undefined) {
      problems.push(notAmong(value.kind, Object.keys(kinds), [...path, 'kind']))
      continue
    }
    const found = schemaProblems(schema, value, path)
    problems.push(...found)
    if (found.length === 0) settings[own] = schema.parse(value)
  }
  if (problems.length > 0) throw mistakes(file, problems)
  return { settings: settings as Settings<K>, beside: parsed as z.infer<z.ZodObject<B>> }
}

/** A file of one shape; throws `bad-input` with every mistake in it. */
export function parseWhole<S extends z.ZodType>(
  text: string,
  file: string,
  schema: S,
  quoting?: 'unquoted',
): z.infer<S> {
  const source = plainValue(text, file) ?? {}
  const problems = schemaProblems(schema, source)
  if (problems.length > 0) throw mistakes(file, problems, quoting)
  return schema.parse(source)
}

function plainValue(text: string, file: string): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, resolveKnownTags: false })
  const [error] = [...document.errors, ...document.warnings]
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    // The parser's own sentence may quote the line, and the line may be a secret that stands there by mistake.
    throw refused('bad-input', {
      where: `${file}:${line}:${col}`,
      problem: {
        en: `not valid YAML (${error.code}).`,
        ja: `YAML として正しくありません（${error.code}）。`,
      },
    })
  }
  try {
    return document.toJS({ maxAliasCount: 10 })
  } catch {
    throw refused('bad-input', {
      where: file,
      problem: {
        en: 'not valid YAML (an undefined alias, or too many of them).',
        ja: 'YAML として正しくありません（未定義または過剰なエイリアス）。',
      },
    })
  }
}

/** A word that is none of those that are known there. */
export function notAmong(word: string, known: readonly string[], path: ProblemPath): Problem {
  const suggestion = nearest(word, known)
  return {
    path,
    at: 'value',
    expected: oneOf(known),
    got: describe(word),
    ...present({ suggestion }),
  }
}

/** The refusal that names every mistake in a file. `unquoted`: one whose every value may be a secret that was pasted there. */
export function mistakes(file: string, problems: readonly Problem[], quoting?: 'unquoted'): Refused {
  const said = problems.map((problem) => (quoting === 'unquoted' ? unquoted(problem) : sentenceOf(problem)))
  return refused('bad-input', {
    where: file,
    problem: { en: said.map(({ en }) => en).join(' '), ja: said.map(({ ja }) => ja).join(' ') },
  })
}

/** What was found is left out near secrets: somebody may have put the secret itself where its place belongs. */
function sentenceOf(problem: Problem): Text {
  const word = String(problem.path.at(-1) ?? '')
  if (problem.at === 'key' && /secret|token|password|key/i.test(word)) {
    const where = showPath(problem.path)
    return {
      en: `${where}: secrets do not belong in this file; use "secretFile" or "secretEnv" to say where they are.`,
      ja: `${where}: 秘密情報はこのファイルに書かず、「secretFile」か「secretEnv」で場所を指定してください。`,
    }
  }
  if (problem.at === 'value' && /secret|url/i.test(word)) return unquoted(problem)
  return { en: explainProblem(problem, 'en'), ja: explainProblem(problem, 'ja') }
}

/** A key that nobody knows may be a secret as well: its group alone is named. */
function unquoted({ path, at, expected }: Problem): Text {
  const known = at === 'key' ? path.slice(0, -1) : path
  const where = known.length === 0 ? '' : `${showPath(known)}: `
  return { en: `${where}expected ${expected.en}.`, ja: `${where}期待: ${expected.ja}。` }
}
