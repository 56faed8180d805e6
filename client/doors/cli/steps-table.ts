import type { IncidentState } from '../../../domain/incident/fold/state.ts'
import type { Lang } from '../../../domain/words.ts'
import { stepColumns, stepDetails } from '../../words/step.ts'
import { toldTable } from './facts.ts'
import { hanging, oneLine, type Screen } from './terminal.ts'

/** The runs of steps so far, and below those that change something what exactly they do. */
export function stepsTable(state: IncidentState, lang: Lang, screen: Screen): readonly string[] {
  const runs = Object.values(state.steps)
  if (runs.length === 0) return []
  const details = stepDetails(runs).flatMap(({ label, value }) => {
    const name = `  ${oneLine(label[lang])}: `
    return hanging(name, oneLine(value[lang]), name.length, screen.width)
  })
  return [toldTable(screen, lang, stepColumns, runs), ...details]
}
