import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { asOf } from '../../../domain/incident/as-of.ts'
import type { Opening } from '../../../domain/incident/declare.ts'
import type { IncidentEvent } from '../../../domain/incident/events.ts'
import type { Verdict } from '../../../domain/timeline/prove.ts'
import type { Lang, Receipt, Text } from '../../../domain/words.ts'
import { refused } from '../../refused.ts'
import type { Evidence } from '../../replay/histories.ts'
import { exactMoment } from '../moment.ts'
import type { Session } from '../session.ts'
import { oneLine, type Style, wrap } from '../terminal.ts'
import { shownText } from './show.ts'

/** 3 as for everything that is not there. */
const exits = { identical: 0, different: 1, incomplete: 3 } as const satisfies Record<
  Verdict['verdict'],
  number
>

const words: Readonly<Record<Verdict['verdict'], Text & { readonly style: Style }>> = {
  identical: { en: 'identical', ja: '一致', style: 'green' },
  different: { en: 'NOT identical', ja: '不一致', style: 'red' },
  incomplete: { en: 'INCOMPLETE', ja: '記録不足', style: 'yellow' },
}

/**
 * Re-executes an incident or a desk, from Temporal and archive, or from a folder alone. With `--at` it also shows what the incident was
 * at that time; with `--head` the timeline must hold a head that was given out elsewhere.
 */
export async function replayVerb(
  session: Session,
  what: string,
  options: { readonly at?: string; readonly head?: string },
): Promise<number> {
  const atMs = options.at === undefined ? undefined : exactMoment(options.at, '--at')
  const head = options.head === undefined ? undefined : headOf(options.head)
  const { workflow, ...evidence } = await evidenceOf(session, what)
  if (evidence.histories.length === 0 && (evidence.unreadable ?? []).length === 0)
    throw refused('unknown-incident', { incident: what.slice(0, 60) })
  const [{ replay }, { reexecute }] = await Promise.all([
    import('../../replay/replay.ts'),
    import('../../../workers/reexecute.ts'),
  ])
  const again = (runs: readonly unknown[], id: string) => reexecute(runs, id)
  const { timeline, opening, ...verdict } = await replay(workflow, evidence, again, head)
  const { lang } = session
  const ja = lang === 'ja'
  const past =
    atMs === undefined || opening === undefined
      ? undefined
      : pastOf(opening, timeline as readonly IncidentEvent[], atMs)
  if (atMs !== undefined && past === undefined)
    session.say(
      ja
        ? '最初の実行の履歴がないため、--at の時点は再現できません。'
        : 'The history of its first run is not here, so what it was then cannot be told.',
    )
  const { others = [] } = evidence
  await session.print({
    data: {
      incident: workflow,
      ...verdict,
      ...(others.length === 0 ? {} : { others }),
      ...(past === undefined ? {} : { at: new Date(atMs ?? 0).toISOString(), ...past }),
    },
    text: (screen) => {
      const { paint, width } = screen
      const { style, ...word } = words[verdict.verdict]
      return [
        ...(past === undefined
          ? []
          : [
              shownText({ source: 'worker', earlierRuns: [], ...past }, lang, screen, {
                zone: past.state.runbook.book.timezone,
                past: true,
              }),
              '',
            ]),
        paint(style, `${workflow}: ${word[lang]}`),
        ja
          ? `実行 ${verdict.runs}、イベント ${verdict.events}、受領記録 ${verdict.receipts}、封印前 ${verdict.unsealed}`
          : `runs ${verdict.runs}, events ${verdict.events}, receipts ${verdict.receipts}, not yet sealed ${verdict.unsealed}`,
        `sha256 ${verdict.sha256}`,
        ...remarks(verdict, others, lang).flatMap((line) => wrap(oneLine(line), width)),
      ].join('\n')
    },
  })
  return exits[verdict.verdict]
}

const endings: Readonly<Partial<Record<Verdict['ends']['how'], Text>>> = {
  open: { en: 'still open, up to event {seq}', ja: '継続中（イベント {seq} まで）' },
  archived: {
    en: 'up to event {seq}, when it was put away; what came after that stands in Temporal alone',
    ja: '保管時のイベント {seq} まで。以後の記録は Temporal にのみあります',
  },
}

/** What is not right, what is not there, and what else is to be known of it. */
function remarks(verdict: Verdict, others: readonly string[], lang: Lang): readonly string[] {
  const { difference, missing, resets, ends } = verdict
  const ja = lang === 'ja'
  const ending = endings[ends.how]?.[lang].replace('{seq}', String(ends.seq))
  const harmless = resets.filter(({ lost }) => lost === 0)
  return [
    ...(difference === undefined
      ? []
      : [`${ja ? '実行' : 'run'} ${difference.run}, ${difference.at}: ${difference.says[lang]}`]),
    ...missing.map(({ says }) => says[lang]),
    ...harmless.map(({ run, at, formerRunId }) =>
      ja
        ? `実行 ${run} は ${at} にリセットされました。${formerRunId} から失われたイベントはありません`
        : `run ${run} was reset at ${at}; nothing of ${formerRunId} was lost`,
    ),
    ...(ending === undefined ? [] : [ending]),
    ...(others.length === 0
      ? []
      : [
          ja
            ? `同じ名前の別の記録があります（最初の実行: ${others.join(', ')}）`
            : `another story lies under the same name, first run ${others.join(', ')}`,
        ]),
  ]
}

/** `SEQ:HASH` as it stands in a page (`head`) and in the annotation hikeshi.dev/head. */
function headOf(value: string): Receipt {
  const [, seq, hash] = /^(\d{1,9})[: ]([0-9a-f]{64})$/.exec(value.trim()) ?? []
  if (seq === undefined || hash === undefined)
    throw refused('bad-input', {
      where: '--head',
      problem: 'expected SEQ:HASH with all 64 digits, as in a page or in the annotation hikeshi.dev/head',
    })
  return { seq: Number(seq), hash }
}

/** State and head after the last event up to a time. */
function pastOf(opening: Opening, timeline: readonly IncidentEvent[], atMs: number) {
  const events = timeline.filter((event) => Date.parse(event.at) <= atMs)
  const last = events.at(-1)
  if (last === undefined)
    throw refused('bad-input', {
      where: '--at',
      problem: `nothing had happened yet; the incident begins at ${timeline[0]?.at}`,
    })
  return { state: asOf(opening, events), head: { seq: last.seq, hash: last.hash } }
}

async function evidenceOf(session: Session, what: string): Promise<Evidence & { readonly workflow: string }> {
  const { historiesIn, historiesOf } = await import('../../replay/histories.ts')
  const isFolder = await stat(what).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isFolder) {
    const { workflowOf } = await import('../../replay/kept.ts')
    const folder = resolve(what)
    return { workflow: workflowOf(folder), ...(await historiesIn(folder)) }
  }
  const { checkIncident } = await import('../../commands.ts')
  if (!/^desk\/[a-z0-9][a-z0-9-]{0,39}$/.test(what)) checkIncident(what)
  const { client } = await session.temporal()
  return { workflow: what, ...(await historiesOf(what, client, session.around.env.HIKESHI_ARCHIVE)) }
}
