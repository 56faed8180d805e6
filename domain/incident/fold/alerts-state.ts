import { type Actor, atLeast } from '../../words.ts'
import type { EventData } from './events.ts'
import { alertsClear, proven } from './proof.ts'
import { type AlertsState, alertsAreClear, alertsFire, type IncidentState } from './state.ts'
import { withSeverity } from './worse.ts'

/** They travel in every continue-as-new. */
const groupsKept = 500

export function withAlerts(
  state: IncidentState,
  news: EventData['alerts-changed'],
  by: Actor,
  now: number,
): IncidentState {
  const known = state.alerts?.groups ?? []
  const before = known.find(({ group }) => group === news.group)
  const groups = withoutOldest([...known.filter((other) => other !== before), news])
  // Only what became worse is news: people may have lowered the severity since.
  const isWorse =
    news.firing > 0 &&
    before !== undefined &&
    before.severity !== news.severity &&
    atLeast(news.severity, before.severity)
  const heard = { ...state, alerts: { groups } }
  const after =
    isWorse && atLeast(news.severity, state.severity) ? withSeverity(heard, news.severity, by, now) : heard
  if (alertsFire(after)) return { ...after, resolutionProposed: false }
  return alertsAreClear(state) ? after : proven(after, alertsClear)
}

/** The first clear one goes, else the first one. */
function withoutOldest(groups: AlertsState['groups']): AlertsState['groups'] {
  if (groups.length <= groupsKept) return groups
  const gone = groups.find(({ clear }) => clear) ?? groups[0]
  return groups.filter((group) => group !== gone)
}
