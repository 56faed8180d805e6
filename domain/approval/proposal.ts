/**
 * What a person is shown before saying yes. Its hash is what people approve and what the API signs: words, change, risk and end are
 * in it, so nobody can show one thing and have another one signed. Workflow, API and worker each work it out for themselves.
 */
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
