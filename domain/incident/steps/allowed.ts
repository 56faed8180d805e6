/** Proposed steps: which of them may start by now, and which have waited too long. */

import { isWorse } from '../../approval/risk.ts'
import { iso } from '../../iso.ts'
import { isChange, kindOf } from '../../steps/catalogue.ts'
import { system } from '../../words.ts'
import { type Story, tell } from '../fold/story.ts'
import { openRefusal } from '../phases.ts'
import { approvalsNeeded, enoughApprovals } from './approve.ts'
import { propose } from './propose.ts'
import { proposeStep } from './stages.ts'

/** Starts every proposed step that has what it needs. Looked at after every event, so thawing starts what froze. */
export function startAllowed(story: Story): void {
  for (const run of Object.keys(story.state.steps)) {
    const policy = askAgain(story, run)
    const step = story.state.steps[run]
    if (step?.status !== 'proposed' || step.hash === undefined || step.expiresAtMs === undefined) continue
    if (story.state.frozen !== undefined || openRefusal(story.state, 'run') !== undefined) continue
    if (step.expiresAtMs <= story.now || !enoughApprovals(story.state, step)) continue
    tell(story, 'step-started', system, {
      run: step.id,
      hash: step.hash,
      allowed:
        step.approvalsNeeded === 0
          ? { policy: policy ?? `${story.state.severity}: ${step.risk}` }
          : { approvals: step.approvals.map(({ by: _, ...approval }) => approval) },
    })
  }
}

/**
 * Policy is looked at again when the step starts: a severity that was lowered, or what other steps took down meanwhile, may ask for more
 * people than the proposal did. Never the other way. Answers with the policy that counts.
 */
function askAgain(story: Story, run: string): string | undefined {
  const step = story.state.steps[run]
  const kind = kindOf(step?.kind ?? '')
  if (step?.status !== 'proposed' || kind === undefined || !isChange(kind)) return undefined
  const { plan, hash, risk, expiresAtMs } = step
  if (plan === undefined || hash === undefined || expiresAtMs === undefined || risk === undefined)
    return undefined
  const need = approvalsNeeded(story.state, step, kind, plan, story.now)
  if (need.approvals <= step.approvalsNeeded && !isWorse(need.risk, risk)) return need.policy
  proposeStep(story, step, plan, {
    risk: isWorse(need.risk, risk) ? need.risk : risk,
    approvals: Math.max(need.approvals, step.approvalsNeeded),
    expiresAt: iso(expiresAtMs),
  })
  return need.policy
}

/** Nobody took it up: it ends, and while its reason stands it is planned and proposed again. */
export function expire(story: Story, run: string): void {
  const step = story.state.steps[run]
  if (step?.status !== 'proposed' || step.expiresAtMs === undefined || step.expiresAtMs > story.now) return
  tell(story, 'step-expired', system, { run })
  propose(story)
}
