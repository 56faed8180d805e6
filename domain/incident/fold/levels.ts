/** The policy's clock: when each level is due. Pure arithmetic over what is known of the levels. */

import { iso } from '../../iso.ts'
import type { PageReason } from '../../words.ts'
import type { Called, IncidentState } from './state.ts'

type Escalation = IncidentState['escalation']
type Circumstances = Pick<IncidentState, 'runbook' | 'dataLoss' | 'breach'>
type Risk = 'data-loss' | 'breach'

/** The policy from its start, counted from `startMs`: the declaration, a reopening, or an acknowledgement that lapsed. */
export function policyFrom(incident: Circumstances, startMs: number): Escalation {
  return mapped(incident, ({ after, atOnce }) => {
    const risk = atOnce.find((reason) => (reason === 'data-loss' ? incident.dataLoss : incident.breach))
    if (risk !== undefined) return { dueMs: startMs, reason: risk }
    return after === undefined ? { reason: 'by-hand' } : { dueMs: startMs + after, reason: 'due' }
  })
}

/** A risk became known: every level that has it as a reason is called at once, also one that was called for another reason. */
export function withRisk(state: IncidentState, risks: readonly Risk[], now: number): Escalation {
  return mapped(state, (level, known) => {
    const reason = level.atOnce.find((risk) => risks.includes(risk))
    return reason === undefined ? known : { ...known, dueMs: now, reason }
  })
}

/** It got more severe: those who were called hear of it at once; the others keep their time. */
export function withWorse(state: IncidentState, now: number): Escalation {
  return mapped(state, (_, known) =>
    known.firedAt === undefined ? known : { ...known, dueMs: now, reason: 'worse' },
  )
}

/** Nobody was due for a while, and somebody is again: what the policy had counted meanwhile does not count. */
export function countedFrom(state: IncidentState, now: number): Escalation {
  return mapped(state, ({ after }, known) =>
    known.firedAt !== undefined || known.reason !== 'due' || after === undefined
      ? known
      : { ...known, dueMs: now + after },
  )
}

/** A level was called; until somebody acknowledges it is called again as often as the policy says. */
export function withCalled(state: IncidentState, level: string, reason: PageReason, now: number): Escalation {
  const { repeatEvery } = state.runbook.book.escalation
  const repeats = repeatEvery !== undefined && state.acknowledged === undefined
  const called: Called = {
    reason,
    firedAt: iso(now),
    ...(repeats ? { repeatMs: now + repeatEvery } : {}),
  }
  return { ...state.escalation, [level]: called }
}

/** Somebody acknowledged: nobody is called a second time for what they know. */
export function withoutRepeats(state: IncidentState): Escalation {
  return mapped(state, (_, { repeatMs: _repeat, ...known }) => known)
}

type Level = IncidentState['runbook']['book']['escalation']['levels'][number]

function mapped(
  incident: Pick<IncidentState, 'runbook'> & { readonly escalation?: Escalation },
  change: (level: Level, known: Called) => Called,
): Escalation {
  return Object.fromEntries(
    incident.runbook.book.escalation.levels.map((level): [string, Called] => [
      level.id,
      change(level, incident.escalation?.[level.id] ?? { reason: 'by-hand' }),
    ]),
  )
}
