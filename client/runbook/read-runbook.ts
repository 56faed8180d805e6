/** Reads a runbook file: every mistake with file, line and column, what was expected, what was found, the nearest right word. */
import { type FileHandle, open } from 'node:fs/promises'
import { present } from '../../domain/present.ts'
import { checkRunbook, reviewWarning } from '../../domain/runbook/check.ts'
import { explainProblem, type Problem, type Warning } from '../../domain/runbook/problem.ts'
import { type Runbook, runbookSchema } from '../../domain/runbook/runbook.ts'
import type { Lang } from '../../domain/words.ts'
import { localDate } from '../../edge/local-time.ts'
import { type Environment, fillEnvironment, withoutValues } from './environment.ts'
import { parseYaml, placeOfProblem, plainValues, type RunbookDocument } from './yaml-document.ts'
import { fileLimitBytes, type Place, type Refusal, yamlText } from './yaml-text.ts'
import { zoneProblem } from './zone-problem.ts'

export type Located = Place & { readonly file: string }
export type LocatedProblem = Problem & Located
export type LocatedWarning = Warning & Located

export type ReadRunbook =
  | { readonly book: Runbook; readonly sha256: string; readonly warnings: readonly LocatedWarning[] }
  | { readonly problems: readonly LocatedProblem[] }

/**
 * Reads and checks a file. `env` fills `${NAME}`; with `nowMs` a review date that has come, on the team's calendar, is a
 * warning. A file that cannot be opened throws the error of node:fs, so that the caller can tell "not there" from "wrong".
 */
export async function readRunbook(path: string, env: Environment, nowMs?: number): Promise<ReadRunbook> {
  return readRunbookBytes(await firstBytes(path), path, env, nowMs)
}

/** The same for bytes that are already there (an upload, a test); `file` only names them. */
export function readRunbookBytes(
  bytes: Uint8Array,
  file: string,
  env: Environment,
  nowMs?: number,
): ReadRunbook {
  const read = yamlText(bytes)
  if ('refusal' in read) return refused(file, [read.refusal])
  const parsed = parseYaml(read.text)
  if (parsed.refusals.length > 0) return refused(file, parsed.refusals)
  const { refusals, unread, values } = fillEnvironment(parsed.document, env, parsed.placeAt)
  if (refusals.length > 0) return refused(file, refusals)
  const plain = plainValues(parsed.document)
  if (plain === undefined) return refused(file, [bomb])

  const checked = checkRunbook(plain.value)
  const found = [...('problems' in checked ? checked.problems : []), ...zoneProblems(plain.value)]
  if ('problems' in checked || found.length > 0) {
    const problems = found.map(({ suggestion, ...problem }) => ({
      ...problem,
      expected: withoutValues(problem.expected, values),
      got: withoutValues(problem.got, values),
      ...present({ suggestion }),
      ...located(file, parsed, problem.path, problem.at),
    }))
    return { problems: problems.toSorted(byPlace) }
  }
  const { book, sha256 } = checked
  const review = nowMs === undefined ? undefined : reviewWarning(book, localDate(nowMs, book.timezone))
  const warnings = [...checked.warnings, ...(review === undefined ? [] : [review])].map((warning) => ({
    path: warning.path,
    says: withoutValues(warning.says, values),
    ...located(file, parsed, warning.path, 'value'),
  }))
  const defaults = unread.map((warning) => ({ file, path: [], ...warning }))
  return { book, sha256, warnings: [...warnings, ...defaults].toSorted(byPlace) }
}

/** `runbooks/shodo.yaml:12:7: severities.HIHG: expected …` */
export function explainLocated(problem: LocatedProblem, lang: Lang): string {
  return `${showPlace(problem)} ${explainProblem(problem, lang)}`
}

const warningIs = { en: 'warning: ', ja: '警告: ' }

/** A warning in the same form, as compilers write it. */
export function explainWarning(warning: LocatedWarning, lang: Lang): string {
  return `${showPlace(warning)} ${warningIs[lang]}${warning.says[lang]}`
}

function showPlace({ file, line, column }: Located): string {
  return `${file}:${line}:${column}:`
}

/** What only the edge can judge, also of a runbook with other mistakes. */
function zoneProblems(source: unknown): readonly Problem[] {
  const timezone = runbookSchema.shape.timezone.safeParse(Object(source).timezone)
  const zone = timezone.success ? zoneProblem(timezone.data) : undefined
  return zone === undefined ? [] : [zone]
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

/** The same of a stream. */
export async function upTo(stream: AsyncIterable<unknown>, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    const part = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    chunks.push(part)
    bytes += part.length
    if (bytes >= limit) break
  }
  return Buffer.concat(chunks).subarray(0, limit)
}
