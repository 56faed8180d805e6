import { durationMs } from '../../../../domain/duration.ts'
import { type Grouping, type Stats, statsOf } from '../../../../domain/figures/stats.ts'
import { present } from '../../../../domain/present.ts'
import type { Lang } from '../../../../domain/words.ts'
import { wallTime } from '../../../../edge/local-time.ts'
import { countedIncidents } from '../../../stats/counted.ts'
import { explained, joined } from '../../../words/fact.ts'
import {
  archiveAlone,
  groupColumns,
  headings,
  noArchive,
  peopleColumns,
  stepColumns,
  symptomSays,
  uncountedSays,
} from '../../../words/stats.ts'
import { blocksOf, sectionLines, toldTable } from '../facts.ts'
import { exactMoment } from '../moment.ts'
import type { Session } from '../session.ts'
import { hanging, oneLine, type Screen } from '../terminal.ts'
import { type Options, textOf } from '../verb.ts'

export async function stats(session: Session, options: Options): Promise<undefined> {
  const archive = session.around.env.HIKESHI_ARCHIVE
  const [sinceMs, untilMs] = [
    momentOf(textOf(options.since), '--since'),
    momentOf(textOf(options.until), '--until'),
  ]
  const by = (textOf(options.by) ?? 'service') as Grouping
  if (archive === undefined) session.say(noArchive)
  const { incidents, symptoms, uncounted, trouble } = await countedIncidents(session.incidents, archive, {
    sinceMs,
    untilMs,
  })
  // Nothing at all was asked: that is no statistics.
  if (trouble !== undefined && archive === undefined) throw trouble
  if (trouble !== undefined) session.say(joined([archiveAlone, explained(trouble.failure).what], ' '))
  if (uncounted.length > 0) session.say(uncountedSays(uncounted))
  const made = statsOf(incidents, by, symptoms, wallTime)
  const format = textOf(options.output)
  const { statsCsv } = await import('../../../stats/csv.ts')
  const { statsSvg } = await import('../../../stats/svg.ts')
  await session.print({
    data: {
      by,
      ...present({ since: isoOf(sinceMs), until: isoOf(untilMs) }),
      ...made,
      uncounted: uncounted.length,
    },
    text: (screen) => {
      if (format === 'csv') return statsCsv(made, by)
      return format === 'svg' ? statsSvg(made) : tables(made, by, session.lang, screen)
    },
  })
}

function tables(
  { all, groups, people, steps, neverSeen }: Stats,
  by: Grouping,
  lang: Lang,
  screen: Screen,
): string {
  const under = (title: keyof typeof headings, lines: readonly string[]) =>
    sectionLines({ title: headings[title] }, lines, lang, screen)
  const rows = <Row>(columns: Parameters<typeof toldTable<Row>>[2], of: readonly Row[]) =>
    of.length === 0 ? [] : [toldTable(screen, lang, columns, of)]
  return blocksOf([
    rows(groupColumns(by), [...groups, all]),
    under('people', rows(peopleColumns, people)),
    under('steps', rows(stepColumns, steps)),
    under(
      'neverSeen',
      neverSeen.flatMap((symptom) => hanging('  - ', oneLine(symptomSays(symptom)[lang]), 4, screen.width)),
    ),
  ])
}

/** `90d` ago, or a moment with its offset; epoch ms. */
function momentOf(value: string | undefined, where: string): number | undefined {
  if (value === undefined) return undefined
  const ago = durationMs(value)
  if (ago !== undefined) return Date.now() - ago
  return exactMoment(value, where, {
    en: 'a duration such as 90d, or a time with its offset',
    ja: '期間（90d など）、または時差付きの時刻',
  })
}

function isoOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString()
}
