/**
 * Which severity a person's own wish is judged by. Severity opens doors (`automatic`), and people set it: whoever raised it does not go
 * through the door that this opened, and nobody goes through one that an unverified person opened.
 */

import { isSamePerson } from '../../person.ts'
import { type Actor, atLeast, type Severity } from '../../words.ts'
import type { IncidentState, Raised, StepRun } from './state.ts'

type Known = Pick<IncidentState, 'severity' | 'raised' | 'lab'>

/** What is remembered of it once `by` has set the severity to `to`. */
export function raisedAfter(state: Known, by: Actor, to: Severity): Raised | undefined {
  const { raised, severity } = state
  const from = raised?.from ?? severity
  // Back to where it was; or an alert says so, and stands behind it.
  if (atLeast(from, to) || by.kind !== 'person') return undefined
  if (!counts(state, by)) return to === severity || !atLeast(to, severity) ? raised : { by, from }
  const isSecond = raised !== undefined && counts(state, raised.by) && !isSamePerson(by.id, raised.by.id)
  return isSecond ? undefined : { by, from }
}

/** The severity by which the wish of this person is judged. */
export function severityFor(state: Known, person: Actor): Severity {
  const { raised, severity } = state
  if (raised === undefined) return severity
  return counts(state, raised.by) && !isSamePerson(person.id, raised.by.id) ? severity : raised.from
}

/** Asked for by a person, and not by the runbook or an emergency recovery. */
export function isWish({ origin }: Pick<StepRun, 'origin'>): boolean {
  return origin === 'person' || origin === 'undo'
}

export function counts(state: Pick<IncidentState, 'lab'>, { verified }: Actor): boolean {
  return verified || state.lab
}
