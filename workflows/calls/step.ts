import type { Effect } from '../../domain/incident/effects.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { termsNow } from '../../domain/incident/steps/terms.ts'
import { isLong, isOnce } from '../../domain/steps/catalogue.ts'
import type { Outcome } from '../../domain/steps/contract.ts'
import { askStage } from './call.ts'
import { changePatience, longPatience, readPatience } from './options.ts'
import { contextOf, type Looking } from './parts.ts'

type Acting = Looking & { readonly state: IncidentState }

/** Has a step's hand carry out one stage; whether its service answers well is asked by a step of its own. */
export function carryOut(
  { key, step, stage, health }: Extract<Effect, { type: 'step' }>,
  acting: Acting,
): Promise<Outcome<unknown>> {
  const { state } = acting
  const { cluster } = state.runbook.book
  const { kind, params, plan, hash, done } = step
  const call = { context: contextOf(acting, step.id), params }
  const purpose = { where: plan?.target ?? step.id, changes: stage === 'run' }
  if (stage === 'health') {
    if (health === undefined) throw new Error(`nothing says how the health of ${step.id} is asked`)
    const asked = { ...call, params: health.params }
    return askStage(
      { kind: health.kind, stage: 'read' },
      key,
      changePatience(cluster),
      asked,
      purpose,
      acting,
    )
  }
  if (stage === 'read' || stage === 'plan')
    return askStage({ kind, stage }, key, readPatience(cluster), call, purpose, acting)
  const approvals = step.approvals.map(({ by: _, ...approval }) => approval)
  const whole = { ...call, plan, hash, terms: termsNow(state, step), approvals, done }
  const patience = isLong(kind)
    ? longPatience(cluster)
    : changePatience(cluster, stage === 'run' && isOnce(kind))
  return askStage({ kind, stage }, key, patience, whole, purpose, acting)
}
