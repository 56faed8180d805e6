/** A board as lines of a terminal. */
import type { Lang } from '../../../domain/words.ts'
import type { Board, System } from '../../incidents/board.ts'
import {
  boardHead,
  boardTitles,
  openColumns,
  openSays,
  standingColumns,
  systemFacts,
} from '../../words/board.ts'
import type { Moments } from '../../words/moments.ts'
import { blocksOf, sectionLines, toldTable, toned } from './facts.ts'
import { hanging, oneLine, type Screen, wrap } from './terminal.ts'

export function boardText(
  { systems, open }: Board,
  everyMs: number,
  at: Moments,
  lang: Lang,
  screen: Screen,
): string {
  const says = openSays(open, at.now).flatMap(({ value, tone }) =>
    wrap(oneLine(value[lang]), screen.width - 2).map((line) => toned(`  ${line}`, tone, screen)),
  )
  const incidents =
    open.newest.length === 0 ? [] : [toldTable(screen, lang, openColumns(at.now), open.newest)]
  return blocksOf([
    [screen.paint('dim', boardHead(everyMs, at)[lang])],
    ...systems.map((system) => systemLines(system, at.now, lang, screen)),
    sectionLines({ title: boardTitles.open }, [...incidents, ...says], lang, screen),
  ])
}

function systemLines(system: System, now: number, lang: Lang, screen: Screen): readonly string[] {
  const [name, ...facts] = systemFacts(system)
  const elsewhere = system.elsewhere.flatMap(({ says }) =>
    hanging('  - ', oneLine(says[lang]), 4, screen.width),
  )
  return [
    ...(name === undefined ? [] : [toned(oneLine(name.value[lang]), name.tone, screen)]),
    ...facts.flatMap(({ label, value, tone }) =>
      wrap(`${oneLine(label[lang])}: ${oneLine(value[lang])}`, screen.width).map((line) =>
        toned(line, tone, screen),
      ),
    ),
    toldTable(screen, lang, standingColumns(now), system.rows),
    ...sectionLines({ title: boardTitles.elsewhere }, elsewhere, lang, screen),
  ]
}
