/** What people's deeds say of them: who responds, when somebody last did something, and that they know. */

import { iso } from '../../iso.ts'
import { isSamePerson } from '../../person.ts'
import type { IncidentEventType, IncidentFact } from './events.ts'
import { withoutRepeats } from './levels.ts'
import type { IncidentState } from './state.ts'

/** Whoever does one of these is at work on the incident, and need not acknowledge in words as well. */
const works: readonly IncidentEventType[] = [
  'acknowledged',
  'step-requested',
  'step-approved',
  'step-rejected',
  'step-carried-out',
  'step-decided',
  'step-skipped',
  'step-retried',
  'verification-requested',
]

const acts: readonly IncidentEventType[] = [
  ...works,
  'noted',
  'severity-set',
  'impact-set',
  'eta-set',
  'commander-set',
  'symptom-set',
  'risk-set',
  'checked',
  'situation-requested',
]

/** Whether somebody is at work on it by this, and so knows of it. */
export function isAtWork(fact: IncidentFact): boolean {
  return fact.by.kind === 'person' && works.includes(fact.type) && !isForThem(fact)
}

export function acting(state: IncidentState, fact: IncidentFact, now: number): IncidentState {
  const { by, type } = fact
  if (by.kind !== 'person' || !acts.includes(type) || isForThem(fact)) return state
  const acted = { ...state, actedAtMs: now }
  if (!isAtWork(fact)) return acted
  const responders = state.responders.some((known) => isSamePerson(known, by.id))
    ? state.responders
    : [...state.responders, by.id].slice(0, 50)
  const acknowledged = state.acknowledged ?? { by, at: iso(now) }
  const working = { ...acted, responders, acknowledged }
  return { ...working, escalation: withoutRepeats(working) }
}

/**
 * The runbook asks in the name of whoever declared, or let the step through, who may sleep by now: then it says why. A retry keeps that
 * reason, and is an act by itself.
 */
function isForThem({ type, data }: IncidentFact): boolean {
  if (type !== 'step-requested') return false
  return data.origin === 'runbook' || data.origin === 'recovery' || data.because !== undefined
}
