import { isWanted, levelsDue } from '../escalation/escalate.ts'
import type { IncidentState } from './state.ts'

/** Something that will be due at a moment if nothing else happens. `atMs` is epoch milliseconds. */
export type Deadline =
  | { readonly what: 'escalate'; readonly level: string; readonly atMs: number }
  | { readonly what: 'page-retry'; readonly key: string; readonly atMs: number }
  | { readonly what: 'step-expiry'; readonly run: string; readonly atMs: number }
  | { readonly what: 'recovery-over'; readonly atMs: number }

/** Everything that is due when, earliest first. Derived from the state alone: nothing to lose, nothing to cancel. */
export function deadlines(state: IncidentState): readonly Deadline[] {
  const due: Deadline[] = levelsDue(state).map(({ level, dueMs }) => ({
    what: 'escalate',
    level,
    atMs: dueMs,
  }))
  for (const [key, page] of Object.entries(state.pages)) {
    if (page.retryAtMs !== undefined && isWanted(state, page))
      due.push({ what: 'page-retry', key, atMs: page.retryAtMs })
  }
  for (const step of Object.values(state.steps)) {
    if (step.status === 'proposed' && step.expiresAtMs !== undefined) {
      due.push({ what: 'step-expiry', run: step.id, atMs: step.expiresAtMs })
    }
  }
  if (state.recovery?.status === 'running') due.push({ what: 'recovery-over', atMs: state.recovery.untilMs })
  return due.sort((a, b) => a.atMs - b.atMs)
}
