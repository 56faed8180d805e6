import { expected } from '../../../../domain/expected.ts'
import { explain, failures } from '../../../../domain/failures.ts'
import { name as runbookName } from '../../../../domain/names.ts'
import { present } from '../../../../domain/present.ts'
import { showPath } from '../../../../domain/runbook/problem.ts'
import type { Runbook } from '../../../../domain/runbook/runbook.ts'
import { Refused, refused } from '../../../../edge/refused.ts'
import { reasonInWords } from '../../../../edge/system-reason.ts'
import { unknownRunbook } from '../../../incidents/desks.ts'
import { openIncidents } from '../../../incidents/incidents.ts'
import type { Published } from '../../../incidents/publish.ts'
import { checkedBook } from '../../../runbook/checked.ts'
import {
  explainLocated,
  explainWarning,
  type ReadRunbook,
  readRunbook,
  readRunbookBytes,
  upTo,
} from '../../../runbook/read-runbook.ts'
import { openSigners, readSignatures } from '../../../runbook/signatures.ts'
import { fileLimitBytes } from '../../../runbook/yaml-text.ts'
import { joined } from '../../../words/fact.ts'
import {
  noneIsPublished,
  notFoundYet,
  publishedColumns,
  signedBy,
  standingOf,
  untilThen,
  waitsForAnother,
} from '../../../words/runbook.ts'
import { bookText } from '../book-text.ts'
import { toldTable } from '../facts.ts'
import type { Session } from '../session.ts'
import { clean, type Screen, wrap } from '../terminal.ts'

/** Names every mistake of every file with its place; the exit code is the worst of them, 0 where there is none. */
export async function check(session: Session, files: readonly string[]): Promise<number> {
  const { lang } = session
  const checked: Checked[] = []
  for (const file of files) checked.push({ file, read: await readOrRefused(session, file) })
  const [only] = checked
  // One file is one answer, several are a list, in which one that cannot be read keeps nothing back of the others.
  if (only !== undefined && checked.length === 1 && only.read instanceof Refused) throw only.read
  const data = checked.map((each) => dataOf(each, lang))
  await session.print({
    data: checked.length === 1 ? data[0] : data,
    text: (screen) => checked.flatMap((each) => checkLines(each, lang, screen)).join('\n'),
  })
  return Math.max(...checked.map(exitOf))
}

type Checked = { readonly file: string; readonly read: ReadRunbook | Refused }

async function readOrRefused(session: Session, file: string): Promise<Checked['read']> {
  try {
    return await readFileOf(session, file)
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
}

function exitOf({ read }: Checked): number {
  if (read instanceof Refused) return failures[read.failure.name].exit
  return 'book' in read ? 0 : failures['bad-runbook'].exit
}

function dataOf({ file, read }: Checked, lang: Session['lang']) {
  if (read instanceof Refused) {
    const { code, name } = read.failure
    return { ok: false, file, error: { code, name, ...explain(read.failure, lang) } }
  }
  if ('book' in read) {
    const { book, sha256, warnings } = read
    return { ok: true, file, runbook: book.runbook, sha256, warnings }
  }
  const problems = read.problems.map(({ path, ...rest }) => ({ ...rest, path: showPath(path) }))
  return { ok: false, file, problems }
}

function checkLines(
  { file, read }: Checked,
  lang: Session['lang'],
  { width, paint }: Screen,
): readonly string[] {
  if (read instanceof Refused)
    return wrap(clean(`${file}: ${read.failure.code} ${explain(read.failure, lang).what}`), width)
  if ('problems' in read) return read.problems.flatMap((p) => wrap(clean(explainLocated(p, lang)), width))
  const { book, sha256, warnings } = read
  const warned = warnings.flatMap((w) => wrap(clean(explainWarning(w, lang)), width))
  return [
    ...warned.map((line) => paint('yellow', line)),
    `${paint('green', 'ok')}  ${book.runbook}  ${paint('dim', sha256.slice(0, 16))}`,
  ]
}

export async function publish(session: Session, file: string): Promise<number> {
  const { lang, around } = session
  const { book, warnings } = await readChecked(session, file)
  for (const warning of warnings) session.say(explainWarning(warning, lang))
  const signatures = file === '-' ? [] : await readSignatures(file)
  const signers = await openSigners(around.env)
  const incidents = await session.incidents()
  const lab = around.env.HIKESHI_LAB === '1'
  const published = await incidents.publish({ book, by: session.by, signatures, signers, lab })
  await session.print({ data: published, text: (screen) => publishedText(published, lang, screen) })
  if (!published.found) session.say(notFoundYet)
  return 0
}

function publishedText(published: Published, lang: Session['lang'], { width, paint }: Screen): string {
  const { runbook, version, sha256, signedBy: people, waits } = published
  const hash = paint('dim', sha256.slice(0, 16))
  if (waits)
    return [
      `${runbook}  ${hash}`,
      ...wrap(clean(joined([waitsForAnother(people), untilThen(version)], ' ')[lang]), width),
    ].join('\n')
  const signed = people.length === 0 ? [] : [clean(signedBy(people)[lang])]
  return [`${runbook} v${version}  ${hash}`, ...signed].join('\n')
}

export async function withdraw(session: Session, name: string, reason: string): Promise<undefined> {
  const incidents = await session.incidents()
  const { receipt } = await incidents.withdraw(name, { reason, by: session.by })
  const says = {
    en: `${name}: withdrawn. Open incidents go on.`,
    ja: `${name}: 取り下げました。対応中のインシデントは継続します。`,
  }
  await session.print({ data: { runbook: name, receipt }, text: () => says[session.lang] })
}

export async function list(session: Session): Promise<undefined> {
  const incidents = openIncidents(await session.temporal())
  const desks = await incidents.desks()
  const rows = await Promise.all(
    desks.map(async ({ desk, services }) => {
      const { state } = await incidents.desk(desk)
      const { book, version, sha256, publishedAt, publishedBy, signatures } = state.runbook ?? {}
      return {
        runbook: desk,
        version,
        sha256,
        publishedAt,
        publishedBy: publishedBy?.id,
        signatures,
        proposed: state.proposed,
        withdrawn: state.withdrawn,
        nextReview: book?.nextReview,
        services,
        open: Object.keys(state.open).length,
        frozen: state.frozen !== undefined,
      }
    }),
  )
  const { lang } = session
  await session.print({
    data: rows,
    text: (screen) =>
      rows.length === 0 ? noneIsPublished[lang] : toldTable(screen, lang, publishedColumns(rows), rows),
  })
}

/** What stands on the desk of this name. */
async function deskOf(session: Session, name: string) {
  const temporal = await session.temporal()
  const incidents = openIncidents(temporal)
  const desks = await incidents.desks()
  if (!desks.some(({ desk }) => desk === name)) throw await unknownRunbook(temporal, name)
  return (await incidents.desk(name)).state
}

/** The runbook that is published under this name. */
async function publishedBook(session: Session, name: string): Promise<Runbook> {
  const { runbook } = await deskOf(session, name)
  if (runbook === undefined) throw refused('no-runbook')
  // What a desk answers was said by whoever can write to Temporal: it is checked like a file before anything is made of it.
  return checkedBook(runbook.book).book
}

/** What may be a name is one that is published: a file has a dot or a folder in its name, or is `-`. */
export async function bookOf(session: Session, word: string): Promise<Runbook> {
  if (runbookName.safeParse(word).success) return publishedBook(session, word)
  return (await readChecked(session, word)).book
}

export async function show(session: Session, name: string): Promise<undefined> {
  const { lang } = session
  const { runbook, proposed, withdrawn } = await deskOf(session, name)
  if (runbook === undefined && proposed === undefined) throw refused('no-runbook')
  const beside = {
    ...present({ proposed, withdrawn }),
  }
  await session.print({
    data: { ...runbook, ...beside },
    text: (screen) =>
      [
        ...standingOf({ ...(runbook && { runbook }), ...beside }).flatMap((line) =>
          wrap(clean(line[lang]), screen.width),
        ),
        ...(runbook === undefined ? [] : [bookText(runbook.book, runbook.version, lang, screen)]),
      ].join('\n'),
  })
}

/** A runbook to begin with, to standard output. */
export async function init(session: Session, name: string): Promise<undefined> {
  if (!runbookName.safeParse(name).success)
    throw refused('bad-input', {
      where: 'runbook init',
      problem: expected('a short name: a-z, 0-9 and -', '短い名前（a-z、0-9、-）'),
    })
  const { starterRunbook } = await import('../../../runbook/starter.ts')
  const text = starterRunbook(name, Date.now())
  await session.print({ data: { runbook: name, yaml: text }, text: () => text.trimEnd() })
}

export async function schema(session: Session, markdown: boolean): Promise<undefined> {
  const { runbookJsonSchema } = await import('../../../runbook/schema.ts')
  const { referenceMarkdown } = await import('../../../runbook/reference.ts')
  const data = runbookJsonSchema()
  await session.print({
    data,
    text: () => (markdown ? referenceMarkdown() : JSON.stringify(data, undefined, 2)),
  })
}

/** A file without a mistake, or its first one as a refusal; all of them are said. */
export async function readChecked(session: Session, file: string) {
  const read = await readFileOf(session, file)
  const { lang } = session
  if ('book' in read) return read
  for (const problem of read.problems) session.say(explainLocated(problem, lang))
  const [first] = read.problems
  const says = first === undefined ? '?' : explainLocated(first, lang)
  throw refused('bad-runbook', { count: read.problems.length, first: says })
}

/** `-` is standard input. */
async function readFileOf(session: Session, file: string): Promise<ReadRunbook> {
  const { env, stdin } = session.around
  try {
    return file === '-'
      ? readRunbookBytes(await upTo(stdin, fileLimitBytes + 1), '-', env, Date.now())
      : await readRunbook(file, env, Date.now())
  } catch (cause) {
    throw refused('not-a-file', { file, reason: reasonInWords(cause) }, { cause })
  }
}
