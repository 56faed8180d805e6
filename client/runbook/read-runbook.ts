/** Reads a runbook file: every mistake with file, line and column, what was expected, what was found, the nearest right word. */
import { type FileHandle, open } from 'node:fs/promises'
import { checkRunbook, reviewWarning } from '../../domain/runbook/check.ts'
import { explainProblem, type Problem, type Warning } from '../../domain/runbook/problem.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import type { Lang } from '../../domain/words.ts'
import { type Environment, fillEnvironment } from './environment.ts'
import { parseYaml, placeOfProblem, plainValues, type RunbookDocument } from './yaml-document.ts'
import { fileLimitBytes, type Place, type Refusal, yamlText } from './yaml-text.ts'

export type Located = Place & { readonly file: string }
export type LocatedProblem = Problem & Located
export type LocatedWarning = Warning & Located

export type ReadRunbook =
  | { readonly book: Runbook; readonly sha256: string; readonly warnings: readonly LocatedWarning[] }
  | { readonly problems: readonly LocatedProblem[] }

/**
 * Reads and checks a file. `env` fills `${NAME}`; with `today` (YYYY-MM-DD, the team's zone) a review date that has come is a
 * warning. A file that cannot be opened throws the error of node:fs, so that the caller can tell "not there" from "wrong".
 */
export async function readRunbook(path: string, env: Environment, today?: string): Promise<ReadRunbook> {
  return readRunbookBytes(await firstBytes(path), path, env, today)
}

/** The same for bytes that are already there (an upload, a test); `file` only names them. */
export function readRunbookBytes(
  bytes: Uint8Array,
  file: string,
  env: Environment,
  today?: string,
): ReadRunbook {
  const read = yamlText(bytes)
  if ('refusal' in read) return refused(file, [read.refusal])
  const parsed = parseYaml(read.text)
  if (parsed.refusals.length > 0) return refused(file, parsed.refusals)
  const unfilled = fillEnvironment(parsed.document, env, parsed.placeAt)
  if (unfilled.length > 0) return refused(file, unfilled)
  const plain = plainValues(parsed.document)
  if (plain === undefined) return refused(file, [bomb])

  const checked = checkRunbook(plain.value)
  if ('problems' in checked) {
    const problems = checked.problems.map((problem) => ({
      ...problem,
      ...located(file, parsed, problem.path, problem.at),
    }))
    return { problems: problems.toSorted(byPlace) }
  }
  const review = today === undefined ? undefined : reviewWarning(checked.book, today)
  const warnings = review === undefined ? checked.warnings : [...checked.warnings, review]
  return {
    book: checked.book,
    sha256: checked.sha256,
    warnings: warnings
      .map((warning) => ({ ...warning, ...located(file, parsed, warning.path, 'value') }))
      .toSorted(byPlace),
  }
}

/** `runbooks/shodo.yaml:12:7: severities.HIHG: expected …` */
export function explainLocated(problem: LocatedProblem, lang: Lang): string {
  return `${showPlace(problem)} ${explainProblem(problem, lang)}`
}

/** A warning in the same form. */
export function explainWarning(warning: LocatedWarning, lang: Lang): string {
  return `${showPlace(warning)} ${warning.says[lang]}`
}

function showPlace({ file, line, column }: Located): string {
  return `${file}:${line}:${column}:`
}

const bomb: Refusal = {
  line: 1,
  column: 1,
  expected: { en: 'a document whose aliases stay small', ja: 'エイリアスの展開が小さい文書' },
  got: { en: 'aliases that multiply', ja: '増殖するエイリアス' },
}

function refused(
  file: string,
  refusals: readonly (Refusal & { readonly suggestion?: string })[],
): ReadRunbook {
  return { problems: refusals.map((refusal) => ({ ...refusal, file, path: [], at: 'value' as const })) }
}

function located(file: string, document: RunbookDocument, path: Problem['path'], at: Problem['at']): Located {
  return { file, ...placeOfProblem(document, path, at) }
}

function byPlace(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column
}

/** At most one byte more than the limit, whatever the size says: /dev/zero and a growing file have none to trust. */
async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    return await readUpTo(file, fileLimitBytes + 1)
  } finally {
    await file.close()
  }
}

async function readUpTo(file: FileHandle, limit: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(limit)
  let filled = 0
  while (filled < limit) {
    const { bytesRead } = await file.read(buffer, filled, limit - filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}
