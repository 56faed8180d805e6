/** Proposed steps: which of them may start by now, and which have waited too long. */
import { approvalsNeeded, enoughApprovals } from '../approval/approve.ts'
import { isChange, kindOf } from '../steps/catalogue.ts'
import { system } from '../words.ts'
import { openRefusal } from './phases.ts'
import { iso, type Story, tell } from './story.ts'

/** Starts every proposed step that has what it needs. Looked at after every event, so thawing starts what froze. */
export function startAllowed(story: Story): void {
  askAgain(story)
  for (const step of Object.values(story.state.steps)) {
    if (step.status !== 'proposed' || step.hash === undefined) continue
    if (story.state.frozen !== undefined || openRefusal(story.state, 'run') !== undefined) continue
    if ((step.expiresAtMs ?? 0) <= story.now || !enoughApprovals(story.state, step)) continue
    tell(story, 'step-started', system, {
      run: step.id,
      hash: step.hash,
      allowed:
        step.approvalsNeeded === 0
          ? { policy: `${story.state.severity}: ${step.risk}` }
          : { approvals: step.approvals.map(({ by: _, ...approval }) => approval) },
    })
  }
}

/** A severity that was lowered may ask for people where it asked for none: policy is looked at again when the step starts. Never the other way. */
function askAgain(story: Story): void {
  for (const step of Object.values(story.state.steps)) {
    const kind = kindOf(step.kind)
    const { plan, hash, risk, expiresAtMs } = step
    if (step.status !== 'proposed' || kind === undefined || !isChange(kind)) continue
    if (plan === undefined || hash === undefined || expiresAtMs === undefined) continue
    const { approvals } = approvalsNeeded(story.state, kind, plan)
    if (approvals <= step.approvalsNeeded) continue
    tell(story, 'step-proposed', system, {
      run: step.id,
      plan,
      hash,
      risk,
      approvals,
      expiresAt: iso(expiresAtMs),
    })
  }
}

export function expire(story: Story, run: string): void {
  const step = story.state.steps[run]
  if (step?.status !== 'proposed' || (step.expiresAtMs ?? 0) > story.now) return
  tell(story, 'step-expired', system, { run })
}
