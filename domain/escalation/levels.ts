import type { IncidentState } from '../incident/state.ts'
import type { PageReason } from './page.ts'

type Escalation = IncidentState['escalation']
type Circumstances = Pick<IncidentState, 'runbook' | 'dataLoss' | 'breach'>

/**
 * When each level of the policy is due, counted from `startMs` (declaration, reopening, or the moment a risk became known).
 * What is `known` stays: a level that was called stays called, one that has its time keeps it unless a reason calls it at once.
 */
export function escalationAt(incident: Circumstances, startMs: number, known: Escalation = {}): Escalation {
  const entries = incident.runbook.book.escalation.levels.map((level): [string, Escalation[string]] => {
    const before = known[level.id]
    if (before?.firedAt !== undefined) return [level.id, before]
    const atOnce = level.atOnce.find((reason) =>
      reason === 'data-loss' ? incident.dataLoss : incident.breach,
    )
    if (atOnce !== undefined)
      return [level.id, before?.reason === atOnce ? before : { dueMs: startMs, reason: atOnce }]
    if (level.after === undefined) return [level.id, { reason: 'by-hand' as PageReason }]
    return [level.id, before?.dueMs === undefined ? { dueMs: startMs + level.after, reason: 'due' } : before]
  })
  return Object.fromEntries(entries)
}

/** Only the levels that were called: what a reopening remembers. */
export function called(escalation: Escalation): Escalation {
  return Object.fromEntries(Object.entries(escalation).filter(([, entry]) => entry.firedAt !== undefined))
}
