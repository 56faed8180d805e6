/**
 * What a person is shown before saying yes. Its hash is what people approve and what the API signs: words, change, risk and end are
 * in it, so nobody can show one thing and have another one signed. Workflow, API and worker each work it out for themselves.
 */
import type { IncidentState, StepRun } from '../incident/state.ts'
import type { Plan, StepParams, Terms } from '../steps/contract.ts'
import { digest } from '../timeline/canonical.ts'

export type Proposal = {
  readonly incident: string
  /** The run's id within its incident, such as `rollback.2`. */
  readonly run: string
  readonly cluster: string
  readonly namespace: string
  readonly kind: string
  readonly params: StepParams
  readonly plan: Plan
  readonly terms: Terms
}

/** SHA-256 over everything that is shown, 64 hex digits. */
export function proposalHash({ plan, terms, ...step }: Proposal): string {
  const { target, says, change, before, pods } = plan
  return digest({ v: 2, ...step, ...terms, target, says, change, before, pods })
}

/** What is agreed to besides the change itself. */
export function termsOf(
  state: Pick<IncidentState, 'runbook'>,
  run: StepRun,
  { risk, approvals, expiresAt }: Pick<Terms, 'risk' | 'approvals' | 'expiresAt'>,
): Terms {
  const { title, because, requestedBy } = run
  return {
    title,
    ...(because === undefined ? {} : { because }),
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
  if (expiresAtMs === undefined) return undefined
  return termsOf(state, run, { risk, approvals, expiresAt: new Date(expiresAtMs).toISOString() })
}

/** The hash of a run as it stands in a state, worked out from what is shown; undefined where nothing waits for people. */
export function shownHash(state: Pick<IncidentState, 'id' | 'runbook'>, run: StepRun): string | undefined {
  const terms = termsNow(state, run)
  return run.plan === undefined || terms === undefined
    ? undefined
    : proposalHash(proposalOf(state, run, run.plan, terms))
}
