/** What people and alerts say of an incident, and how it moves on. */
import { present } from '../../../present.ts'
import { atLeast, saidAgain } from '../../../words.ts'
import { withAlerts } from '../alerts-state.ts'
import { policyFrom, withoutRepeats } from '../levels.ts'
import { withRisks, withSeverity } from '../worse.ts'
import type { Evolving } from './evolving.ts'

const notesKept = 20

export const course = {
  declared: (state) => state,
  reported: (state, data, { by, now }) => {
    const { declaration: d } = data
    const heard = { ...state, reports: state.reports + 1 }
    const isWorse = atLeast(d.severity, state.severity)
    const reported = isWorse ? withSeverity(heard, d.severity, by, now) : heard
    const symptom = state.symptom ?? (d.service === state.service ? d.symptom : undefined)
    const risks = { dataLoss: state.dataLoss || d.dataLoss, breach: state.breach || d.breach }
    return withRisks(symptom === undefined ? reported : { ...reported, symptom }, risks, by, now)
  },
  'alerts-changed': (state, data, { by, now }) => withAlerts(state, data, by, now),
  acknowledged: (state, _, { by, at }) => ({
    ...state,
    acknowledged: { by, at },
    escalation: withoutRepeats(state),
  }),
  'acknowledgement-lapsed': (state, _data, { now }) => {
    const { acknowledged: _, ...asked } = state
    return { ...asked, escalation: policyFrom(state, now) }
  },
  noted: (state, data, { by, at, now }) => ({
    ...state,
    lastUpdateAtMs: now,
    notes: [...state.notes, { at, by, text: data.text.slice(0, 500) }].slice(-notesKept),
  }),
  notified: (state, _, { now }) => ({ ...state, lastUpdateAtMs: now }),
  'severity-set': (state, data, { by, now }) => withSeverity(state, data.severity, by, now),
  'impact-set': (state, data) => ({ ...state, impact: data.impact }),
  'eta-set': (state, data) => ({ ...state, eta: data.eta }),
  'commander-set': (state, data) => ({ ...state, commander: data.person }),
  'symptom-set': (state, data) => ({ ...state, symptom: data.symptom }),
  'risk-set': (state, data, { by, now }) => withRisks(state, data, by, now),
  checked: (state, { item, proof }, { by, at }) => ({
    ...state,
    checks: { ...state.checks, [item]: { by, at, ...present({ proof }) } },
  }),
  unchecked: (state, { item }) => {
    const { [item]: _, ...checks } = state.checks
    return { ...state, checks }
  },
  'phase-changed': (state, data, { now }) => ({ ...state, phase: data.to, lastUpdateAtMs: now }),
  frozen: (state, data, { by, at }) => {
    const { frozen, ...others } = state
    const { on, version } = data
    const thawed = version === undefined ? others : { ...others, freezeVersion: version }
    return on ? { ...thawed, frozen: saidAgain(frozen, { by, at }) } : thawed
  },
} satisfies Evolving
