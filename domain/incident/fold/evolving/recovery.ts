/** The emergency recovery, and what looks like one. */
import { proven, recoveryVerified } from '../proof.ts'
import type { IncidentState } from '../state.ts'
import type { Evolving } from './evolving.ts'

/** How many pictures, one a minute, follow once the incident looks recovered. */
const closeLooks = 5

export const recovery = {
  'recovery-started': (state, data) => {
    const { steps, until } = data
    const { severity, recoveries } = state
    const started = { severity, number: recoveries + 1, steps, untilMs: Date.parse(until) }
    return { ...state, recoveries: recoveries + 1, recovery: { ...started, status: 'running' } }
  },
  'recovery-continued': (state, data) => {
    const { recovery } = state
    if (recovery === undefined) return state
    return { ...state, recovery: { ...recovery, steps: [...recovery.steps, ...data.steps] } }
  },
  'recovery-verified': (state) => proven(withRecovery(state, 'verified'), recoveryVerified),
  'recovery-failed': (state) => withRecovery(state, 'failed'),
  'resolution-proposed': (state) => {
    const { proof: _, ...proposed } = state
    // What dies a while after it was Ready shows only then.
    return { ...proposed, resolutionProposed: true, watchedTo: state.situation.wanted + closeLooks }
  },
} satisfies Evolving

function withRecovery(state: IncidentState, status: 'verified' | 'failed'): IncidentState {
  return state.recovery === undefined ? state : { ...state, recovery: { ...state.recovery, status } }
}
