/**
 * It gets worse: more severe than it ever was, or a risk that nobody knew of. Whoever acknowledged acknowledged less than that, and what
 * looked recovered does not any more.
 */
import { present } from '../../present.ts'
import { type Actor, atLeast, type Severity } from '../../words.ts'
import { withRisk, withWorse } from './levels.ts'
import type { IncidentState } from './state.ts'
import { raisedAfter } from './wish.ts'

export function withSeverity(
  state: IncidentState,
  severity: Severity,
  by: Actor,
  now: number,
): IncidentState {
  const { raised: _, ...others } = state
  const raised = raisedAfter(state, by, severity)
  const severityOf = by.verified ? { by, severity } : state.severityOf
  const set = { ...others, severity, severityOf, ...present({ raised }) }
  if (severity === state.worst || !atLeast(severity, state.worst)) return set
  const worse = alarmed({ ...set, worst: severity })
  return { ...worse, escalation: withWorse(worse, now) }
}

export function withRisks(
  state: IncidentState,
  { dataLoss, breach }: Pick<IncidentState, 'dataLoss' | 'breach'>,
  by: Actor,
  now: number,
): IncidentState {
  const risks = [
    ...(dataLoss && !state.dataLoss ? (['data-loss'] as const) : []),
    ...(breach && !state.breach ? (['breach'] as const) : []),
  ]
  const said = { dataLoss: state.risksBy.dataLoss ?? by, breach: state.risksBy.breach ?? by }
  const risksBy = {
    ...(dataLoss ? { dataLoss: said.dataLoss } : {}),
    ...(breach ? { breach: said.breach } : {}),
  }
  const set = { ...state, dataLoss, breach, risksBy }
  if (risks.length === 0) return set
  const worse = alarmed(set)
  return { ...worse, escalation: withRisk(worse, risks, now) }
}

function alarmed(state: IncidentState): IncidentState {
  const { acknowledged: _, proof: __, ...worse } = state
  return { ...worse, resolutionProposed: false }
}
