/** Under which terms a run is proposed, and the proposal that people are shown for it. */
import { type Proposal, proposalHash } from '../../approval/proposal.ts'
import { iso } from '../../iso.ts'
import { present } from '../../present.ts'
import type { Plan, Terms } from '../../steps/contract.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'

/** What is agreed to besides the change itself. */
export function termsOf(
  state: Pick<IncidentState, 'runbook'>,
  run: StepRun,
  { risk, approvals, expiresAt }: Pick<Terms, 'risk' | 'approvals' | 'expiresAt'>,
): Terms {
  const { title, because, requestedBy } = run
  return {
    title,
    ...present({ because }),
    risk,
    approvals,
    requestedBy,
    runbookSha256: state.runbook.sha256,
    expiresAt,
  }
}

export function proposalOf(
  state: Pick<IncidentState, 'id' | 'runbook'>,
  run: StepRun,
  plan: Plan,
  terms: Terms,
): Proposal {
  const { cluster, namespace } = state.runbook.book
  const { id, kind, params } = run
  return { incident: state.id, run: id, cluster, namespace, kind, params, plan, terms }
}

/** The terms that a run stands under since it was proposed; undefined before that. */
export function termsNow(state: Pick<IncidentState, 'runbook'>, run: StepRun): Terms | undefined {
  const { risk, approvalsNeeded: approvals, expiresAtMs } = run
  if (expiresAtMs === undefined || risk === undefined) return undefined
  return termsOf(state, run, { risk, approvals, expiresAt: iso(expiresAtMs) })
}

/** The hash of a run as it stands in a state, worked out from what is shown; undefined where nothing waits for people. */
export function shownHash(state: Pick<IncidentState, 'id' | 'runbook'>, run: StepRun): string | undefined {
  const terms = termsNow(state, run)
  return run.plan === undefined || terms === undefined
    ? undefined
    : proposalHash(proposalOf(state, run, run.plan, terms))
}
