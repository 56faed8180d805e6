/** The ways in which an incident ends, and opens again. */
import { policyFrom } from '../levels.ts'
import type { IncidentState } from '../state.ts'
import type { Evolving } from './evolving.ts'

/** The last checklist may be worked off for so long after the end. */
const workedOffWithinMs = 30 * 86_400_000

export const end = {
  resolved: (state, _, { by, at }) => {
    const { affected: __, ...resolved } = withoutRecovery(state)
    return { ...resolved, resolved: { by, at, after: state.situation.wanted } }
  },
  reopened: (state, _data, { now }) => {
    const { resolved: _, acknowledged: __, proof: ___, recovery: ____, affected: _____, ...open } = state
    const escalation = policyFrom(state, now)
    // After the next recovery it is reminded of what follows a recovery again.
    const first = state.runbook.book.firstResponse.map(({ id }) => id)
    const itemsReminded = state.itemsReminded.filter((item) => first.includes(item))
    return {
      ...open,
      itemsReminded,
      worst: state.severity,
      resolutionProposed: false,
      escalation,
      lastUpdateAtMs: now,
    }
  },
  closed: (state, data, { by, at, now }) => {
    const later = { untilMs: now + workedOffWithinMs, sinceRun: state.run }
    const closed = data.later === undefined ? { by, at } : { by, at, later }
    return { ...withoutRecovery(state), closed }
  },
  'afterwards-lapsed': (state, _data, { by, at }) => {
    const { later: _, ...closed } = state.closed ?? { by, at }
    return { ...state, closed }
  },
  cancelled: (state, _, { by, at }) => ({ ...withoutRecovery(state), closed: { by, at } }),
} satisfies Evolving

/** People who say that it is over need no verdict on a recovery that was still trying. */
function withoutRecovery(state: IncidentState): IncidentState {
  return state.recovery?.status === 'running'
    ? { ...state, recovery: { ...state.recovery, status: 'dropped' } }
    : state
}
