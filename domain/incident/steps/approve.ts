/** Who may let which change happen. An approval names the exact step by hash; it is looked at again when the step starts. */

import { isWorse, riskOfPlan } from '../../approval/risk.ts'
import { type Failure, failure } from '../../failures.ts'
import { isSamePerson, peopleIn } from '../../person.ts'
import { isChange, kindOf } from '../../steps/catalogue.ts'
import type { ChangeKind, Need, Plan } from '../../steps/contract.ts'
import type { Command } from '../commands.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'
import { counts, isWish, severityFor } from '../fold/wish.ts'
import { shareTakenDown } from './taken-down.ts'

/**
 * The risk of one exact plan and how many people must say yes; 0 means that the severity's policy lets it run at once. The worker that
 * would make the change has its own say (`plan.asks`): of both the stricter one counts.
 */
export function approvalsNeeded(
  state: IncidentState,
  run: StepRun,
  kind: ChangeKind,
  plan: Plan,
  now: number,
): Need & { readonly policy: string } {
  const { approvals, blastRadius, severities } = state.runbook.book
  const most = blastRadius.readyPodsPercent
  const before = shareTakenDown(state, run, plan.target, now)
  const own = riskOfPlan(kind, plan, most, before)
  const risk = plan.asks !== undefined && isWorse(plan.asks.risk, own.risk) ? plan.asks.risk : own.risk
  const severity = isWish(run) ? severityFor(state, run.requestedBy) : state.severity
  const mayBeAutomatic =
    risk !== 'destructive' &&
    !own.tooWide &&
    !named(run, kind) &&
    (!isWish(run) || counts(state, run.requestedBy))
  const automatic = mayBeAutomatic && severities[severity].automatic.includes(risk)
  const wanted = automatic ? 0 : approvals[risk] + (named(run, kind) ? 1 : 0)
  return { risk, approvals: Math.max(wanted, plan.asks?.approvals ?? 0), policy: `${severity}: ${risk}` }
}

/** The person chose what only a verified one may choose, such as another target than the runbook's: one more has to agree. */
function named({ byHand = [] }: StepRun, kind: ChangeKind): boolean {
  return byHand.some((name) => (kind.byVerifiedHand ?? []).includes(name))
}

/** Why this person may not approve this step now; undefined when they may. */
export function approvalRefusal(
  state: IncidentState,
  step: StepRun,
  command: Command<'approve'>,
  now: number,
): Failure | undefined {
  const named = { incident: state.id, step: step.id, person: command.by.id }
  if (step.status !== 'proposed')
    return failure('step-not-waiting', { ...named, status: step.status, command: 'approve' })
  if (step.expiresAtMs !== undefined && step.expiresAtMs <= now) {
    return failure('step-not-waiting', { ...named, status: 'expired', command: 'approve' })
  }
  if (step.hash !== command.hash) {
    return failure('step-changed', {
      ...named,
      given: command.hash.slice(0, 8),
      actual: step.hash?.slice(0, 8) ?? '-',
    })
  }
  if (state.frozen !== undefined) return failure('frozen', { by: state.frozen.by.id, at: state.frozen.at })
  if (command.by.kind !== 'person')
    return failure('not-permitted', {
      ...named,
      reason: { en: 'only people approve', ja: '承認できるのは人だけです' },
    })
  if (isSamePerson(step.requestedBy.id, command.by.id)) return failure('requester-cannot-approve', named)
  const given = step.approvals.filter((a) => a.hash === step.hash)
  if (given.some((a) => isSamePerson(a.person, command.by.id))) {
    return failure('already-approved-by-you', { ...named, missing: step.approvalsNeeded - given.length })
  }
  if (!counts(state, command.by) && needsVerified(step)) {
    return failure('unverified-approver', { ...named, risk: step.risk ?? '-' })
  }
  return undefined
}

/** The second look, when the step is about to start: enough distinct people, none of them the requester, each for this very hash. */
export function enoughApprovals(state: IncidentState, step: StepRun): boolean {
  const people = step.approvals
    .filter((a) => a.hash === step.hash && !isSamePerson(a.person, step.requestedBy.id))
    .filter((a) => a.verified || state.lab || !needsVerified(step))
    .map((a) => a.person)
  return peopleIn(people) >= step.approvalsNeeded
}

/** A name that nobody has checked is no second person where it matters: by the risk, by what was chosen, or by the worker's own policy. */
function needsVerified(step: StepRun): boolean {
  if (step.risk === 'disruptive' || step.risk === 'destructive') return true
  const kind = kindOf(step.kind)
  const isNamed = kind !== undefined && isChange(kind) && named(step, kind)
  return isNamed || (step.plan?.asks?.approvals ?? 0) > 0
}
