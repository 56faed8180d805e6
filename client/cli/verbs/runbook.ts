import { failures } from '../../../domain/failures.ts'
import { nearest } from '../../../domain/nearest.ts'
import { showPath } from '../../../domain/runbook/problem.ts'
import type { Runbook } from '../../../domain/runbook/runbook.ts'
import { openIncidents } from '../../incidents.ts'
import { refused } from '../../refused.ts'
import { explainLocated, explainWarning, type ReadRunbook, readRunbook } from '../../runbook/read-runbook.ts'
import { localDate, ownZone } from '../local-time.ts'
import type { Session } from '../session.ts'
import { table } from '../table.ts'
import { clean, hanging, oneLine, type Screen, wrap } from '../terminal.ts'

/** Names every mistake with its place; 0 none, 2 some. */
export async function check(session: Session, file: string): Promise<number> {
  const read = await readFileOf(session, file)
  const { lang } = session
  if ('problems' in read) {
    await session.print({
      data: {
        ok: false,
        problems: read.problems.map(({ path, ...rest }) => ({ ...rest, path: showPath(path) })),
      },
      text: ({ width }) =>
        read.problems.flatMap((p) => wrap(clean(explainLocated(p, lang)), width)).join('\n'),
    })
    return failures['bad-runbook'].exit
  }
  const { sha256, warnings } = read
  await session.print({
    data: { ok: true, runbook: read.book.runbook, sha256, warnings },
    text: ({ width, paint }) =>
      [
        ...warnings
          .flatMap((w) => wrap(clean(explainWarning(w, lang)), width))
          .map((line) => paint('yellow', line)),
        `${paint('green', 'ok')}  ${read.book.runbook}  ${paint('dim', sha256.slice(0, 16))}`,
      ].join('\n'),
  })
  return 0
}

/** Published is published; only that a `declare` of this moment could still miss it is said. */
export const notFoundYet = {
  en: 'It is published, but Temporal does not list it yet: others find it in a few seconds.',
  ja: '公開しました。Temporal の一覧にはまだ現れていません。数秒後から検索できます。',
} as const

export async function publish(session: Session, file: string): Promise<number> {
  const read = await readFileOf(session, file)
  const { lang, around } = session
  if ('problems' in read) {
    for (const problem of read.problems) session.say(explainLocated(problem, lang))
    const [first] = read.problems
    const says = first === undefined ? '?' : explainLocated(first, lang)
    throw refused('bad-runbook', { count: read.problems.length, first: says })
  }
  for (const warning of read.warnings) session.say(explainWarning(warning, lang))
  const incidents = openIncidents(await session.temporal(), { archive: around.env.HIKESHI_ARCHIVE })
  const lab = around.env.HIKESHI_LAB === '1'
  const published = await incidents.publish({ book: read.book, by: session.by, lab })
  const { runbook, version, sha256 } = published
  await session.print({
    data: published,
    text: ({ paint }) => `${runbook} v${version}  ${paint('dim', sha256.slice(0, 16))}`,
  })
  if (!published.found) session.say(notFoundYet[lang])
  return 0
}

export async function list(session: Session): Promise<undefined> {
  const incidents = openIncidents(await session.temporal())
  const desks = await incidents.desks()
  const rows = await Promise.all(
    desks.map(async ({ desk, services }) => {
      const { state } = await incidents.desk(desk)
      const { book, version, sha256, publishedAt, publishedBy } = state.runbook ?? {}
      return {
        runbook: desk,
        version,
        sha256,
        publishedAt,
        publishedBy: publishedBy?.id,
        nextReview: book?.nextReview,
        services,
        open: Object.keys(state.open).length,
        frozen: state.frozen !== undefined,
      }
    }),
  )
  const ja = session.lang === 'ja'
  await session.print({
    data: rows,
    text: (screen) =>
      rows.length === 0
        ? ja
          ? '公開された Runbook はありません。'
          : 'No runbook is published.'
        : table(
            screen,
            [
              { title: 'RUNBOOK', value: (r) => r.runbook },
              { title: ja ? '版' : 'VERSION', value: (r) => `v${r.version ?? 0}` },
              { title: ja ? '対応中' : 'OPEN', value: (r) => String(r.open) },
              { title: ja ? '次回レビュー' : 'REVIEW', value: (r) => r.nextReview ?? '-' },
              { title: ja ? 'サービス' : 'SERVICES', value: (r) => r.services.join(', '), flexible: true },
            ],
            rows,
          ),
  })
}

export async function show(session: Session, name: string): Promise<undefined> {
  const incidents = openIncidents(await session.temporal())
  const desks = await incidents.desks()
  if (!desks.some(({ desk }) => desk === name)) {
    if (desks.length === 0) throw refused('no-runbook')
    const known = desks.map(({ desk }) => desk)
    const meant = nearest(name, known)
    const problem = `expected one of ${known.join(', ')}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`
    throw refused('bad-input', { where: 'runbook show', problem })
  }
  const { state } = await incidents.desk(name)
  const { runbook } = state
  if (runbook === undefined) throw refused('no-runbook')
  await session.print({
    data: runbook,
    text: (screen) => bookText(runbook.book, runbook.version, session.lang, screen),
  })
}

export async function schema(session: Session): Promise<undefined> {
  const { runbookJsonSchema } = await import('../../runbook/schema.ts')
  const data = runbookJsonSchema()
  await session.print({ data, text: () => JSON.stringify(data, undefined, 2) })
}

async function readFileOf(session: Session, file: string): Promise<ReadRunbook> {
  try {
    return await readRunbook(file, session.around.env, localDate(Date.now(), ownZone()))
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    const problem = code === 'ENOENT' ? 'no such file' : code
    throw refused('bad-input', { where: file, problem }, { cause })
  }
}

function bookText(book: Runbook, version: number, lang: Session['lang'], { width, paint }: Screen): string {
  const ja = lang === 'ja'
  const entry = (label: string, text: string) => hanging(`  ${label}`, oneLine(text), 22, width)
  return [
    `${paint('bold', `${book.runbook} v${version}`)}  ${book.title[lang]}`,
    ...entry(ja ? '次回レビュー' : 'Review', book.nextReview),
    ...entry(ja ? '対象' : 'Cluster', `${book.cluster} / ${book.namespace}`),
    '',
    paint('bold', ja ? 'サービス' : 'Services'),
    ...Object.entries(book.services).flatMap(([id, s]) =>
      entry(id, `${s.title[lang]}  ${s.health ?? s.look.map(({ kind }) => kind).join(', ')}`),
    ),
    '',
    paint('bold', ja ? '症状と手順' : 'Symptoms and steps'),
    ...book.symptoms.flatMap((s) => [
      ...entry(`${s.service}/${s.id}`, s.title[lang]),
      ...s.steps.flatMap((step) =>
        hanging(`    ${step.id}`, `${step.title[lang]} (${step.kind})`, 22, width),
      ),
    ]),
    '',
    paint('bold', ja ? 'エスカレーション' : 'Escalation'),
    ...book.escalation.levels.flatMap((level) => entry(level.id, level.title[lang])),
  ].join('\n')
}
