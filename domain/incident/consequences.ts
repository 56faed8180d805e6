/** What follows by itself whenever something happened: allowed steps start, phases move, a resolution is proposed. */
import { isChange, kindOf } from '../steps/catalogue.ts'
import { system, type Text } from '../words.ts'
import { startAllowed } from './allowed.ts'
import { enter, stepsUnderWay } from './phases.ts'
import { continueRecovery } from './recover.ts'
import { alertsAreClear, isOver } from './state.ts'
import { type Story, tell } from './story.ts'

export function consequences(story: Story): void {
  if (isOver(story.state) || story.state.phase === 'resolved') return
  continueRecovery(story)
  startAllowed(story)
  const busy =
    stepsUnderWay(story.state).some((step) => isRepair(step.kind)) ||
    story.state.recovery?.status === 'running'
  const { phase } = story.state
  if (busy && phase !== 'mitigating') enter(story, system, 'mitigating')
  if (!busy && alertsAreClear(story.state) && story.state.alerts?.clearTold === false)
    tell(story, 'resolution-proposed', system, {
      because: { ja: 'アラートがすべて解消', en: 'all of its alerts are clear' },
    })
  const proof = busy || phase !== 'mitigating' ? undefined : lastProof(story)
  if (proof === undefined) return
  enter(story, system, 'monitoring')
  if (!story.state.resolutionProposed) tell(story, 'resolution-proposed', system, { because: proof })
}

/** The fact of this very story that shows a repair to be good. */
function lastProof(story: Story): Text | undefined {
  for (const fact of story.facts) {
    if (fact.type === 'recovery-verified')
      return {
        ja: '自動復旧を確認済み: 全サービスが正常に応答',
        en: 'the emergency recovery was verified: every service answers well',
      }
    if (fact.type === 'step-verified') {
      const step = story.state.steps[fact.data.run]
      if (step !== undefined && step.origin !== 'undo' && step.origin !== 'recovery' && isRepair(step.kind))
        return verifiedBy(step.id, fact.data.verified.says)
    }
  }
  return undefined
}

function verifiedBy(run: string, { ja, en }: Text): Text {
  return { ja: `手順 ${run} を確認済み: ${ja}`, en: `${run} was verified: ${en}` }
}

/** Not every change repairs something. A kind that is known no longer did, when it ran. */
function isRepair(name: string): boolean {
  const kind = kindOf(name)
  return kind === undefined || !isChange(kind) || kind.repairs !== false
}
