/** What follows by itself whenever something happened: allowed steps start, phases move, a resolution is proposed. */
import { system } from '../words.ts'
import { countAffected } from './affected.ts'
import { proveItems } from './checklist.ts'
import { isLookingAgain, isRepair, isSeenSinceResolved, leftToLookAt } from './fold/proof.ts'
import { hasEnded, type IncidentState } from './fold/state.ts'
import { type Story, tell } from './fold/story.ts'
import { enter, stepsUnderWay } from './phases.ts'
import { continueRecovery, startRecovery } from './recovery/recover.ts'
import { lookAgain } from './situation/situation.ts'
import { startAllowed } from './steps/allowed.ts'
import { follow } from './steps/follow.ts'
import { lookFor } from './steps/propose.ts'

export function consequences(story: Story): void {
  if (story.facts.some(({ type }) => type === 'resolved')) countAffected(story)
  proveItems(story)
  if (isSeenSinceResolved(story.state)) lookFor(story, leftToLookAt(story.state) ?? [])
  if (hasEnded(story.state)) return
  // What looked recovered got worse: a finding, an alert, a risk.
  if (story.state.phase === 'monitoring' && !story.state.resolutionProposed)
    enter(story, system, 'investigating')
  startRecovery(story)
  continueRecovery(story)
  follow(story)
  startAllowed(story)
  const busy = isUnderRepair(story.state)
  if (busy && story.state.phase === 'investigating') enter(story, system, 'mitigating')
  if (leftChanged(story)) lookAgain(story)
  if (!busy) proposeResolution(story)
}

function isUnderRepair(state: IncidentState): boolean {
  return stepsUnderWay(state).some((step) => isRepair(step.kind)) || state.recovery?.status === 'running'
}

/** A change failed and stands, or may, or still takes effect: what the picture showed before is not what is there now. */
function leftChanged({ facts }: Story): boolean {
  return facts.some(
    (fact) =>
      fact.type === 'step-going-on' || (fact.type === 'step-failed' && fact.data.changed !== 'nothing'),
  )
}

/** By the end of the symptom, not of a step: what speaks for a recovery is looked at, and believed when the picture is well. */
function proposeResolution(story: Story): void {
  const { proof, situation } = story.state
  if (proof === undefined) return
  if (proof.after >= situation.wanted) lookAgain(story)
  if (isLookingAgain(story.state)) return
  const left = leftToLookAt(story.state)
  if (left?.length === 0) {
    tell(story, 'resolution-proposed', system, { because: proof.says })
    enter(story, system, 'monitoring')
  } else if (left !== undefined) lookFor(story, left)
}
