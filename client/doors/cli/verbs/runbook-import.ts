/** `runbook import` and `runbook export`: a document of people's becomes a runbook, and a runbook a document. */
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { counted, verbFor } from '../../../../domain/counted.ts'
import { expected } from '../../../../domain/expected.ts'
import { name as runbookName } from '../../../../domain/names.ts'
import { problemText } from '../../../../domain/runbook/problem.ts'
import type { Text } from '../../../../domain/words.ts'
import { localDate } from '../../../../edge/local-time.ts'
import { refused } from '../../../../edge/refused.ts'
import { reasonInWords } from '../../../../edge/system-reason.ts'
import { exportMarkdown } from '../../../runbook/export/export.ts'
import { slug } from '../../../runbook/import/book/names.ts'
import { type Imported, importRunbook } from '../../../runbook/import/import.ts'
import { documentLimitBytes } from '../../../runbook/import/markdown/source.ts'
import { countOf, type Report, reportText } from '../../../runbook/import/report.ts'
import { runbookYaml } from '../../../runbook/import/yaml.ts'
import { explainLocated, readRunbookBytes, upTo } from '../../../runbook/read-runbook.ts'
import { reviewAfterMs } from '../../../runbook/starter.ts'
import type { Session } from '../session.ts'
import { type Options, textOf } from '../verb.ts'
import { bookOf } from './runbook.ts'

/** Prints the runbook or writes it to a file; the report says line by line what became what. */
export async function importVerb(session: Session, file: string, options: Options): Promise<undefined> {
  const { lang } = session
  const [to, reportTo] = [textOf(options.to), textOf(options.report)]
  const imported = readDocument(await bytesOf(session, file), file, nameFor(file, textOf(options.name)))
  const { book, report } = imported
  const yaml = runbookYaml(book)
  checkImported(session, to ?? '-', yaml)
  if (to !== undefined) await writeNew('--to', to, yaml)
  if (reportTo !== undefined)
    await writeNew(
      '--report',
      reportTo,
      /\.json$/.test(reportTo) ? `${JSON.stringify(report, null, 2)}\n` : reportText(file, report, lang),
    )
  const summary = summaryOf(report)
  if (to === undefined || session.output !== 'table') session.say(summary)
  await session.print({
    data: to === undefined ? { yaml, report } : { file: to, report },
    text: () => (to === undefined ? yaml.trimEnd() : `${to}: ${summary[lang]}`),
  })
}

export async function exportVerb(session: Session, word: string): Promise<undefined> {
  const book = await bookOf(session, word)
  const markdown = exportMarkdown(book, session.lang)
  await session.print({ data: { runbook: book.runbook, markdown }, text: () => markdown.trimEnd() })
}

function nameFor(file: string, given: string | undefined): string {
  const name = given ?? slug(basename(file).replace(/\.[^.]*$/, '')) ?? 'runbook'
  if (runbookName.safeParse(name).success) return name
  throw refused('bad-input', {
    where: '--name',
    problem: expected('a short name: a-z, 0-9 and -', '短い名前（a-z、0-9、-）'),
  })
}

function readDocument(bytes: Uint8Array, file: string, name: string): Imported {
  const nowMs = Date.now()
  const read = importRunbook(bytes, {
    name,
    updated: localDate(nowMs, 'UTC'),
    nextReview: localDate(nowMs + reviewAfterMs, 'UTC'),
  })
  if ('imported' in read) return read.imported
  const { line, column, ...problem } = read.refusal
  throw refused('bad-input', { where: `${file}:${line}:${column}`, problem: problemText(problem) })
}

/** What is printed is a runbook: a document too large for one, or with settings that are none, ends here. */
function checkImported(session: Session, file: string, yaml: string): void {
  const read = readRunbookBytes(new TextEncoder().encode(yaml), file, session.around.env)
  const problems = 'problems' in read ? read.problems : []
  const [first] = problems
  if (first === undefined) return
  for (const problem of problems) session.say(explainLocated(problem, session.lang))
  throw refused('bad-runbook', { count: problems.length, first: explainLocated(first, session.lang) })
}

/** `-` is standard input. */
async function bytesOf(session: Session, file: string): Promise<Uint8Array> {
  const limit = documentLimitBytes + 1
  try {
    return await upTo(file === '-' ? session.around.stdin : createReadStream(file, { end: limit }), limit)
  } catch (cause) {
    throw refused('not-a-file', { file, reason: reasonInWords(cause) }, { cause })
  }
}

/** Never over what is there. */
async function writeNew(option: string, file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' })
  } catch (cause) {
    const { en, ja } = reasonInWords(cause)
    const problem = { en: `${file} cannot be written: ${en}`, ja: `${file} に書き込めません: ${ja}` }
    throw refused('bad-input', { where: option, problem }, { cause })
  }
}

function summaryOf(report: Report): Text {
  const [steps, manual, left] = [
    countOf(report, 'step'),
    countOf(report, 'manual'),
    countOf(report, 'left-out'),
  ]
  return {
    en: `${counted(steps, 'command')} became ${steps === 1 ? 'a step' : 'steps'}, ${manual} ${verbFor(manual)} for people, ${counted(left, 'line')} ${verbFor(left, 'was', 'were')} left out.`,
    ja: `手順になったコマンド ${steps} 件、手作業 ${manual} 件、対象外 ${left} 行。`,
  }
}
