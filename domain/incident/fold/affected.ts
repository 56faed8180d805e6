/** How many users it reached, as the newest count says. */
import { affectedStep } from '../../runbook/runbook.ts'
import type { Reading } from '../../steps/contract.ts'
import type { IncidentState } from './state.ts'

/** The answer of an earlier count is of another time, and one over a part of what is to be counted is no answer. */
export function withAffected(state: IncidentState, run: string, { facts, partial }: Reading): IncidentState {
  const newest = Object.values(state.steps).findLast(({ step }) => step === affectedStep)
  const count = newest?.id === run && partial === undefined && isCounted(facts) ? facts.count : undefined
  return count === undefined ? state : { ...state, affected: { count, run } }
}

function isCounted(facts: Reading['facts']): facts is { readonly count: number } {
  return typeof facts === 'object' && facts !== null && 'count' in facts && Number.isSafeInteger(facts.count)
}
