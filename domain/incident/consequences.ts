/** What follows by itself whenever something happened: allowed steps start, phases move, a resolution is proposed. */
import { system } from '../words.ts'
import { enter, stepsUnderWay } from './phases.ts'
import { continueRecovery } from './recover.ts'
import { isOver } from './state.ts'
import { startAllowed } from './steps.ts'
import { type Story, tell } from './story.ts'

export function consequences(story: Story): void {
  if (isOver(story.state) || story.state.phase === 'resolved') return
  continueRecovery(story)
  startAllowed(story)
  const busy = stepsUnderWay(story.state).length > 0 || story.state.recovery?.status === 'running'
  const { phase } = story.state
  if (busy && phase !== 'mitigating') enter(story, system, 'mitigating')
  const proof = busy || phase !== 'mitigating' ? undefined : lastProof(story)
  if (proof === undefined) return
  enter(story, system, 'monitoring')
  if (!story.state.resolutionProposed) tell(story, 'resolution-proposed', system, { because: proof })
}

/** The fact of this very story that shows a repair to be good. */
function lastProof(story: Story): string | undefined {
  for (const fact of story.facts) {
    if (fact.type === 'recovery-verified')
      return 'the emergency recovery was verified: every service answers well'
    if (fact.type === 'step-verified') {
      const step = story.state.steps[fact.data.run]
      if (step !== undefined && step.origin !== 'undo' && step.origin !== 'recovery')
        return `${step.id} was verified: ${fact.data.verified.says.en}`
    }
  }
  return undefined
}
