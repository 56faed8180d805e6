import { type Failure, failure } from '../failures.ts'
import type { Actor } from '../words.ts'
import type { Command, Declaration } from './commands.ts'
import { isOver } from './fold/state.ts'
import { type Story, tell } from './fold/story.ts'
import { reopen, reportedAgain } from './phases.ts'
import { readSymptom } from './steps/propose.ts'

/**
 * News of a group of alerts. As with a report, alerts that fire open again what was resolved in the same moment: the desk sends
 * them there only while it knows an open incident.
 */
export function alertsChanged(story: Story, input: Command<'alerts'>): Failure | undefined {
  const { state } = story
  if (isOver(state))
    return failure('not-open', { incident: state.id, phase: state.phase, command: input.type })
  const { by, group, version, fired, firing, clear, joins, declaration } = input
  const known = state.alerts?.groups.find((other) => other.group === group)
  if (known !== undefined && known.version >= version) return undefined
  const isReport = joins === true && known === undefined
  if (state.phase === 'resolved' && isReport) reopen(story, by, reportedAgain)
  else if (state.phase === 'resolved' && fired > (known?.fired ?? 0) && firing > 0)
    reopen(story, by, { en: 'its alerts fire again', ja: 'アラートが再発火' })
  if (isReport) reported(story, by, declaration)
  tell(story, 'alerts-changed', by, { group, version, fired, firing, clear, severity: declaration.severity })
  return undefined
}

/** Another report of the same trouble; the first that names its symptom has the symptom's readings taken. */
export function reported(story: Story, by: Actor, declaration: Declaration): void {
  const { symptom } = story.state
  tell(story, 'reported', by, { declaration })
  if (symptom === undefined && story.state.symptom !== undefined) readSymptom(story)
}
