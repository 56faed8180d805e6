import { rankedSymptoms } from '../../../domain/diagnosis/rank.ts'
import {
  type IncidentState,
  isOver,
  leftToDo,
  type StepRun,
  toWorkOff,
} from '../../../domain/incident/fold/state.ts'
import { optionsOf } from '../../../domain/steps/person.ts'
import type { Lang, Text } from '../../../domain/words.ts'
import { copyCommands } from '../../words/copy.ts'
import type { Screen } from './terminal.ts'

export const next: Text = { en: 'Next', ja: '次の操作' }

/** What one would most likely type next, ready to be copied. */
export function nextCommands(state: IncidentState, lang: Lang, { paint }: Screen): readonly string[] {
  const commands = commandsFor(state)
  if (commands.length === 0) return []
  return [paint('bold', next[lang]), ...commands.map((command) => `  hikeshi ${command}`)]
}

function commandsFor(state: IncidentState): readonly string[] {
  const { id } = state
  if (isOver(state))
    return [...toWorkOff(state).map((item) => `check ${id} ${item}`), `timeline ${id}`, `replay ${id}`]
  if (state.phase === 'resolved')
    return [
      ...copyCommands(state),
      ...leftToDo(state).map((item) => `check ${id} ${item}`),
      `close ${id}`,
      `reopen ${id} --reason …`,
      `report ${id}`,
    ]
  const [likeliest] = state.symptom === undefined ? rankedSymptoms(state) : []
  const steps = Object.values(state.steps)
  const waiting = steps.filter((step) => step.status === 'proposed')
  return [
    ...(state.acknowledged === undefined ? [`ack ${id}`] : []),
    ...(likeliest === undefined ? [] : [`set ${id} symptom ${likeliest.symptom.id}`]),
    ...waiting.map((step) => `approve ${id} ${step.id}`),
    ...copyCommands(state),
    ...steps.filter(({ status }) => status === 'waiting').map((step) => toldWith(id, step)),
    ...(state.resolutionProposed ? [`resolve ${id}`] : []),
  ]
}

/** What people say once they have done it, or decided. */
function toldWith(incident: string, step: StepRun): string {
  const options = optionsOf(step)
  if (options.length === 0) return `done ${incident} ${step.id}`
  return `decide ${incident} ${step.id}/${options.join('|')} --reason …`
}
