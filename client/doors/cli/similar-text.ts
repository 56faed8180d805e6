/** Earlier incidents as lines of a terminal; none where there are none. */
import type { Similar } from '../../../domain/figures/similar.ts'
import type { Lang } from '../../../domain/words.ts'
import { similarSection } from '../../words/similar.ts'
import { factLines, sectionLines } from './facts.ts'
import type { Screen } from './terminal.ts'

export function similarLines(similar: readonly Similar[], lang: Lang, screen: Screen): readonly string[] {
  const section = similarSection(similar)
  const at = 4 + Math.max(0, ...similar.map(({ incident }) => incident.length))
  return sectionLines(section, factLines(section.facts, lang, screen, { at }), lang, screen)
}
