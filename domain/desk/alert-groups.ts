/** The desk's memory of groups of alerts: what a message adds to it, and how much of it is kept. */
import { type AlertGroup, firingIn, heard, isClear } from '../alert/group.ts'
import type { Actor } from '../words.ts'
import type { DeskFact } from './events.ts'
import type { AlertNews, AlertShelves, Delivery, DeskState } from './state.ts'

const clearKeptMs = 24 * 3_600_000
/** About 80 bytes each travel in every continue-as-new. */
const alertsKept = 4_000
/** Beyond the limit more is dropped than need be: looking through all of them for each message would cost more than the messages. */
const alertsKeptThen = 3_600
/** Groups lie on shelves by the first byte of their hash: a message copies one shelf, however many groups there are. */
const shelves = 256

type Shelf = NonNullable<AlertShelves[number]>
type Alerted = Extract<DeskFact, { type: 'alerted' }>['data']

export function alertGroup({ alertGroups }: DeskState, group: string): AlertGroup | undefined {
  const shelf = alertGroups?.[shelfOf(group)] ?? {}
  return Object.hasOwn(shelf, group) ? shelf[group] : undefined
}

/** The desk after a message about alerts: its group, and what its incident has yet to be told. */
export function alerted(state: DeskState, data: Alerted, by: Actor, now: number): DeskState {
  const { group: id, incident, delivery, declaration } = data
  const before = alertGroup(state, id)
  const { group: after } = heard(before, data, now)
  const { incident: _, ...unbound } = after
  const group: AlertGroup = incident === undefined ? unbound : { ...unbound, incident }
  const version = (state.alertVersion ?? 0) + 1
  const heardOf = { ...state, alertVersion: version, ...withGroup(state, id, group, now) }
  if (delivery === undefined || incident === undefined) return heardOf
  // How a group stands is told once, in its newest form.
  const overtaken = state.deliveries.find(
    (d) => d.type === 'alerts' && d.group === id && d.incident === incident,
  )
  const was = overtaken?.type === 'alerts' ? overtaken : undefined
  const joins = data.joins ?? was?.joins
  const raises = data.raises ?? was?.raises
  const news: Delivery = {
    id: delivery,
    incident,
    by,
    type: 'alerts',
    declaration,
    atMs: now,
    ...(joins ? { joins } : {}),
    ...(raises ? { raises } : {}),
    ...newsOf(id, group, version),
  }
  const others = was === undefined ? state.deliveries : state.deliveries.filter((d) => d !== was)
  return { ...heardOf, deliveries: [...others, news] }
}

export function newsOf(id: string, group: AlertGroup, version: number): AlertNews {
  return { group: id, version, fired: group.fired, firing: firingIn(group), clear: isClear(group) }
}

/** Where an incident got another number, its groups follow it. */
export function renumberGroups(state: DeskState, from: string, to: string): Pick<DeskState, 'alertGroups'> {
  if (state.alertGroups === undefined) return {}
  const moved = (group: AlertGroup) => (group.incident === from ? { ...group, incident: to } : group)
  return {
    alertGroups: state.alertGroups.map(
      (shelf) => shelf && Object.fromEntries(Object.entries(shelf).map(([id, group]) => [id, moved(group)])),
    ),
  }
}

type Memory = Required<Pick<DeskState, 'alertGroups' | 'alertsKnown'>>

function withGroup(state: DeskState, id: string, group: AlertGroup, now: number): Memory {
  const at = shelfOf(id)
  const before = state.alertGroups ?? Array.from({ length: shelves }, () => null)
  const shelf = { ...young(before[at] ?? {}, now), [id]: group }
  const alertGroups = before.with(at, shelf)
  const alertsKnown = (state.alertsKnown ?? 0) - sizeOfShelf(before[at]) + sizeOfShelf(shelf)
  return alertsKnown <= alertsKept ? { alertGroups, alertsKnown } : trimmed(alertGroups, id)
}

/** Without the groups that are clear for a day. */
function young(shelf: Shelf, now: number): Shelf {
  const entries = Object.entries(shelf)
  const kept = entries.filter(([, group]) => !isClear(group) || now - group.heardAtMs < clearKeptMs)
  return kept.length === entries.length ? shelf : Object.fromEntries(kept)
}

/** Drops those quiet for longest, clear ones first; the one just heard from stays. */
function trimmed(alertGroups: AlertShelves, heardOf: string): Memory {
  const order = alertGroups
    .flatMap((shelf) => Object.entries(shelf ?? {}))
    .filter(([id]) => id !== heardOf)
    .sort(([, a], [, b]) => Number(isClear(b)) - Number(isClear(a)) || a.heardAtMs - b.heardAtMs)
  let alertsKnown = alertGroups.reduce((sum, shelf) => sum + sizeOfShelf(shelf), 0)
  const dropped = new Set<string>()
  for (const [id, group] of order) {
    if (alertsKnown <= alertsKeptThen) break
    dropped.add(id)
    alertsKnown -= sizeOf(group)
  }
  const kept = alertGroups.map(
    (shelf) => shelf && Object.fromEntries(Object.entries(shelf).filter(([id]) => !dropped.has(id))),
  )
  return { alertGroups: kept, alertsKnown }
}

function shelfOf(group: string): number {
  return Number.parseInt(group.slice(0, 2), 16)
}

function sizeOfShelf(shelf: AlertShelves[number] | undefined): number {
  return Object.values(shelf ?? {}).reduce((sum, group) => sum + sizeOf(group), 0)
}

function sizeOf(group: AlertGroup): number {
  return Object.keys(group.alerts).length + 1
}
