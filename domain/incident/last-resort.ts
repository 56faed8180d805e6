import { cutTo, cutWords, system, type Words } from '../words.ts'
import { fact, type IncidentFact } from './fold/events.ts'
import type { IncidentState } from './fold/state.ts'

/**
 * When the rules themselves throw: facts that need none of them. The error stands in the timeline and every person of the
 * policy's first level is paged once per ten minutes, so that a defect of ours never means silence.
 */
export function lastResort(
  state: IncidentState,
  where: string,
  reason: Words,
  now: number,
): readonly IncidentFact[] {
  const error = fact('internal-error', system, { where, reason: cutWords(reason, 1_000) }) as IncidentFact
  const { book } = state.runbook
  const level = book.escalation.levels[0]
  const quiet = state.lastAlarmMs !== undefined && now - state.lastAlarmMs < 600_000
  if (level === undefined || quiet || state.phase === 'resolved' || state.closed !== undefined) return [error]
  const pages = level.notify.flatMap((person): IncidentFact[] => {
    const channel = book.people[person]?.channels[0]
    if (channel === undefined) return []
    const page = {
      key: `${state.id}/${level.id}/${person}/${channel}/error-${state.internalErrors + 1}`,
      incident: state.id,
      level: level.id,
      reason: 'internal-error' as const,
      person,
      channel,
      attempt: 1_000 + state.internalErrors,
      severity: state.severity,
      service: state.service,
      description: cutTo(state.description, 500),
      says: {
        ja: `【${state.severity}】${state.id}: hikeshi の内部エラーです。手動で対応してください`,
        en: `[${state.severity}] ${state.id}: Internal error in hikeshi: handle this by hand`,
      },
      declaredBy: state.declaredBy,
      dueMs: now,
      timezone: book.timezone,
    }
    return [fact('page-requested', system, { page }) as IncidentFact]
  })
  return [error, ...pages]
}
