import type { IncidentState } from '../../../domain/incident/fold/state.ts'
import type { Lang } from '../../../domain/words.ts'
import type { Moments } from '../../words/moments.ts'
import { situationSection } from '../../words/situation.ts'
import { toned } from './facts.ts'
import { cut, hanging, oneLine, type Screen } from './terminal.ts'

/** The 5-second picture: the name of a part stands once, beside the first thing that is told of it; plain figures take one line. */
export function picture(state: IncidentState, lang: Lang, screen: Screen, at: Moments): readonly string[] {
  const { title, beside, facts } = situationSection(state, at)
  const width = Math.min(24, Math.max(...facts.map(({ label }) => label[lang].length)) + 4)
  const heading = screen.paint('bold', title[lang])
  return [
    beside === undefined ? heading : `${heading}  ${toned(beside.value[lang], beside.tone, screen)}`,
    ...facts.flatMap(({ label, value, tone }, i) => {
      const isFirst = facts[i - 1]?.label[lang] !== label[lang]
      const name = isFirst ? `  ${cut(oneLine(label[lang]), width - 4)}` : ''
      const text = oneLine(value[lang])
      const lines =
        tone === undefined
          ? hanging(name, cut(text, screen.width - width), width, screen.width).slice(0, 1)
          : hanging(name, text, width, screen.width)
      return lines.map((line) => toned(line, tone, screen))
    }),
  ]
}
