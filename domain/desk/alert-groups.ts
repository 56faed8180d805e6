/** The desk's memory of groups of alerts: what a message adds to it, and how much of it is kept. */
import { type AlertGroup, firingIn, heard, isClear } from '../alert/group.ts'
import type { Actor } from '../words.ts'
import type { DeskFact } from './events.ts'
import { type AlertNews, alertGroup, type Delivery, type DeskState } from './state.ts'

const clearKeptMs = 24 * 3_600_000
/** About 80 bytes each travel in every continue-as-new. */
const alertsKept = 4_000

type Groups = NonNullable<DeskState['alertGroups']>
type Alerted = Extract<DeskFact, { type: 'alerted' }>['data']

/** The desk after a message about alerts: its group, and what its incident has yet to be told. */
export function alerted(state: DeskState, data: Alerted, by: Actor, now: number): DeskState {
  const { group: id, incident, delivery, declaration } = data
  const { group: after } = heard(alertGroup(state, id), data, now)
  const { incident: _, ...unbound } = after
  const group: AlertGroup = incident === undefined ? unbound : { ...unbound, incident }
  const version = (state.alertVersion ?? 0) + 1
  const news: Delivery[] =
    delivery === undefined || incident === undefined
      ? []
      : [
          {
            id: delivery,
            incident,
            by,
            type: 'alerts',
            declaration,
            atMs: now,
            ...newsOf(id, group, version),
          },
        ]
  return {
    ...state,
    alertVersion: version,
    alertGroups: kept({ ...state.alertGroups, [id]: group }, now),
    deliveries: [...state.deliveries, ...news],
  }
}

export function newsOf(id: string, group: AlertGroup, version: number): AlertNews {
  return { group: id, version, fired: group.fired, firing: firingIn(group), clear: isClear(group) }
}

/** Where an incident got another number, its groups follow it. */
export function renumberGroups(state: DeskState, from: string, to: string): Pick<DeskState, 'alertGroups'> {
  if (state.alertGroups === undefined) return {}
  const moved = Object.entries(state.alertGroups).map(([id, group]): [string, AlertGroup] => [
    id,
    group.incident === from ? { ...group, incident: to } : group,
  ])
  return { alertGroups: Object.fromEntries(moved) }
}

/** Without the groups that are clear for a day; beyond the limit those go that were longest not heard of, clear ones first. */
function kept(groups: Groups, now: number): Groups {
  const young = Object.entries(groups).filter(
    ([, group]) => !isClear(group) || now - group.heardAtMs < clearKeptMs,
  )
  let alerts = young.reduce((sum, [, group]) => sum + sizeOf(group), 0)
  if (alerts <= alertsKept) return Object.fromEntries(young)
  const order = young.toSorted(
    ([, a], [, b]) => Number(isClear(b)) - Number(isClear(a)) || a.heardAtMs - b.heardAtMs,
  )
  // The last one is the group that was just heard of, or as good as it.
  const dropped = new Set<string>()
  for (const [id, group] of order.slice(0, -1)) {
    if (alerts <= alertsKept) break
    dropped.add(id)
    alerts -= sizeOf(group)
  }
  return Object.fromEntries(young.filter(([id]) => !dropped.has(id)))
}

function sizeOf(group: AlertGroup): number {
  return Object.keys(group.alerts).length + 1
}
