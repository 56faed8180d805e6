/** The logs of what an incident is about are kept for as long as it is open. */
import { type About, aboutOf } from '../evidence/about.ts'
import type { KeptLogs } from '../evidence/kept-logs.ts'
import type { Outcome } from '../steps/contract.ts'
import { system } from '../words.ts'
import { type IncidentState, isOver } from './fold/state.ts'
import { type Story, tell } from './fold/story.ts'

/** Whose logs are to be followed now; undefined where nobody's. */
export function logsToKeep(state: IncidentState): About | undefined {
  if (isOver(state)) return undefined
  const about = aboutOf(state.runbook.book, state.service)
  return about.workloads.length + about.selectors.length === 0 ? undefined : about
}

/** What was kept is told when the incident is over, and what could not be kept at once. A run in between is no news. */
export function logsEnded(story: Story, outcome: Outcome<KeptLogs | null>): void {
  if (!outcome.ok) tell(story, 'logs-kept', system, { failure: outcome.failure })
  else if (isOver(story.state) && outcome.value !== null)
    tell(story, 'logs-kept', system, { kept: outcome.value })
}
