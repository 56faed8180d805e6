import { atLeast } from '../words.ts'
import type { EventData } from './events.ts'
import { type AlertsState, alertsAreClear, type IncidentState } from './state.ts'

/** They travel in every continue-as-new. */
const groupsKept = 500

export function withAlerts(state: IncidentState, now: EventData['alerts-changed']): IncidentState {
  const known = state.alerts?.groups ?? []
  const before = known.find(({ group }) => group === now.group)
  const groups = withoutOldest([...known.filter((other) => other !== before), now])
  // Only what became worse is news: people may have lowered the severity since.
  const worse =
    now.firing > 0 &&
    before !== undefined &&
    before.severity !== now.severity &&
    atLeast(now.severity, before.severity)
  const severity = worse && atLeast(now.severity, state.severity) ? now.severity : state.severity
  const alerts = { groups, clearTold: state.alerts?.clearTold ?? false }
  const after = { ...state, severity, alerts }
  if (alertsAreClear(after)) return after
  // A resolution that was proposed because they were clear is proposed no longer.
  const withdrawn = alertsAreClear(state) && alerts.clearTold
  return {
    ...after,
    resolutionProposed: state.resolutionProposed && !withdrawn,
    alerts: { groups, clearTold: false },
  }
}

/** What a proposed resolution means for them: it need not be proposed for their sake as well. */
export function alertsTold(state: IncidentState): Pick<IncidentState, 'alerts'> {
  if (state.alerts === undefined || !alertsAreClear(state)) return {}
  return { alerts: { ...state.alerts, clearTold: true } }
}

/** The first clear one goes, else the first one. */
function withoutOldest(groups: AlertsState['groups']): AlertsState['groups'] {
  if (groups.length <= groupsKept) return groups
  const gone = groups.find(({ clear }) => clear) ?? groups[0]
  return groups.filter((group) => group !== gone)
}
