/** Settings files of a worker: named things, each of a kind with a schema of its own, and the places of their secrets. */
import { readFile } from 'node:fs/promises'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { nearest } from '../domain/nearest.ts'
import { describe, explainProblem, type Problem, showPath } from '../domain/runbook/problem.ts'
import { name } from '../domain/runbook/runbook.ts'
import { oneOf, schemaProblems } from '../domain/runbook/schema-problems.ts'
import type { Text } from '../domain/words.ts'
import { refusal, refuse } from './refusal.ts'

/** One schema for each kind. */
export type Kinds = Readonly<Record<string, z.ZodType>>

export type Settings<K extends Kinds> = Readonly<Record<string, { [N in keyof K]: z.infer<K[N]> }[keyof K]>>

/** The text of a settings file; throws `bad-input` when it cannot be read. */
export async function readSettings(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    return unreadable(file, error)
  }
}

/** Refuses with the system's own word for why the file cannot be read. */
export function unreadable(where: string, error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
  return refuse('bad-input', { where, problem: `it cannot be read (${code})` })
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
      problems.push(unknownKind(value.kind, Object.keys(kinds), path))
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
export function parseWhole<S extends z.ZodType>(text: string, file: string, schema: S): z.infer<S> {
  const source = plainValue(text, file) ?? {}
  const problems = schemaProblems(schema, source)
  if (problems.length > 0) throw mistakes(file, problems)
  return schema.parse(source)
}

function plainValue(text: string, file: string): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, resolveKnownTags: false })
  const [error] = [...document.errors, ...document.warnings]
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    // The parser's own sentence may quote the line, and the line may be a secret that stands there by mistake.
    throw refusal('bad-input', { where: `${file}:${line}:${col}`, problem: `no valid YAML (${error.code}).` })
  }
  try {
    return document.toJS({ maxAliasCount: 10 })
  } catch {
    throw refusal('bad-input', { where: file, problem: 'no valid YAML (an alias leads nowhere or too far).' })
  }
}

function unknownKind(kind: string, known: readonly string[], path: Problem['path']): Problem {
  const suggestion = nearest(kind, known)
  return {
    path: [...path, 'kind'],
    at: 'value',
    expected: oneOf(known),
    got: describe(kind),
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}

function mistakes(file: string, problems: readonly Problem[]): Error {
  const said = problems.map(sentenceOf)
  return refusal('bad-input', {
    where: file,
    problem: { en: said.map(({ en }) => en).join(' '), ja: said.map(({ ja }) => ja).join(' ') },
  })
}

/** What was found is left out near secrets: somebody may have put the secret itself where its place belongs. */
function sentenceOf(problem: Problem): Text {
  const word = String(problem.path.at(-1) ?? '')
  const where = showPath(problem.path)
  if (problem.at === 'key' && /secret|token|password|key/i.test(word)) {
    return {
      en: `${where}: secrets do not stand in this file; name their place with "secretFile" or "secretEnv".`,
      ja: `${where}: 秘密情報はこのファイルに書かず、「secretFile」か「secretEnv」で場所を指定してください。`,
    }
  }
  if (problem.at === 'value' && /secret|url/i.test(word)) {
    const { en, ja } = problem.expected
    return { en: `${where}: expected ${en}.`, ja: `${where}: 期待: ${ja}。` }
  }
  return { en: explainProblem(problem, 'en'), ja: explainProblem(problem, 'ja') }
}
