/** Who may let which change happen. An approval names the exact step by hash; it is looked at again when the step starts. */

import { type Failure, failure } from '../failures.ts'
import type { Command } from '../incident/commands.ts'
import type { IncidentState, StepRun } from '../incident/state.ts'
import type { ChangeKind, Plan } from '../steps/contract.ts'
import { digest } from '../timeline/canonical.ts'
import type { Risk } from '../words.ts'

/** What people approve: SHA-256 over everything that says what will happen to what. */
export function stepHash(incident: string, run: Pick<StepRun, 'id' | 'kind' | 'params'>, plan: Plan): string {
  const { target, change, before } = plan
  return digest({ incident, run: run.id, kind: run.kind, params: run.params, target, change, before })
}

export type Need = { readonly risk: Risk; readonly approvals: number; readonly policy: string }

/** The risk of one exact plan and how many people must say yes; 0 means that the severity's policy lets it run at once. */
export function approvalsNeeded(state: IncidentState, kind: ChangeKind, plan: Plan): Need {
  const { approvals, blastRadius, severities } = state.runbook.book
  const share = plan.pods.ofReady === 0 ? 0 : (plan.pods.ready * 100) / plan.pods.ofReady
  const tooWide = share > blastRadius.readyPodsPercent
  const own = kind.riskOf?.(plan) ?? kind.risk
  const risk = tooWide && own === 'reversible' ? 'disruptive' : own
  const automatic = risk !== 'destructive' && !tooWide && severities[state.severity].automatic.includes(risk)
  return { risk, approvals: automatic ? 0 : approvals[risk], policy: `${state.severity}: ${risk}` }
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
  if (step.hash === undefined || !step.hash.startsWith(command.hash)) {
    return failure('step-changed', {
      ...named,
      given: command.hash.slice(0, 8),
      actual: step.hash?.slice(0, 8) ?? '-',
    })
  }
  if (state.frozen !== undefined) return failure('frozen', { by: state.frozen.by.id, at: state.frozen.at })
  if (command.by.kind !== 'person')
    return failure('not-permitted', { ...named, reason: 'only people approve' })
  if (step.requestedBy.id === command.by.id) return failure('requester-cannot-approve', named)
  if (step.approvals.some((a) => a.person === command.by.id)) {
    return failure('already-approved-by-you', {
      ...named,
      missing: step.approvalsNeeded - step.approvals.length,
    })
  }
  if (!command.by.verified && needsVerified(step) && !state.lab) {
    return failure('unverified-approver', { ...named, risk: step.risk })
  }
  return undefined
}

/** The second look, when the step is about to start: enough distinct people, none of them the requester, each for this very hash. */
export function enoughApprovals(state: IncidentState, step: StepRun): boolean {
  const people = new Set(
    step.approvals
      .filter((a) => a.hash === step.hash && a.person !== step.requestedBy.id)
      .filter((a) => a.verified || state.lab || !needsVerified(step))
      .map((a) => a.person),
  )
  return people.size >= step.approvalsNeeded
}

function needsVerified(step: StepRun): boolean {
  return step.risk === 'disruptive' || step.risk === 'destructive'
}
