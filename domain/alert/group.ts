/**
 * A group of alerts as Alertmanager reports it. Its messages carry no number: they come twice, late, and from several senders. So
 * the newest start and the newest end of each alert are kept, which come out the same in whatever order they are heard.
 */
import { present } from '../present.ts'

/** One alert of a message: when it began to fire, and when it ended if it has. Epoch ms of the sender's clock. */
export type AlertSeen = {
  readonly id: string
  readonly startsAtMs: number
  readonly endsAtMs?: number | undefined
}

export type KnownAlert = {
  readonly startsAtMs: number
  readonly endsAtMs?: number
  /** When the desk last learnt something of it, by the desk's clock. */
  readonly heardAtMs: number
}

export type AlertGroup = {
  /** The incident that its last trouble went to. */
  readonly incident?: string
  readonly alerts: { readonly [id: string]: KnownAlert }
  /** How often one of its alerts began to fire. */
  readonly fired: number
  /** Alerts that the last message counted and did not list. */
  readonly hidden: number
  /** When a message last brought something new, by the desk's clock. */
  readonly heardAtMs: number
}

/** How many alerts of a group are known one by one; a namespace whose pods come and go has new ones every day. */
const alertsOfGroup = 1_000
/** An alert that ended so long ago is not spoken of again. */
const endedKeptMs = 24 * 3_600_000

/** A message that was overtaken comes within this time, for no sender waits longer for an answer. */
export const overtakenWithinMs = 60_000

export function isFiring({ startsAtMs, endsAtMs }: Pick<KnownAlert, 'startsAtMs' | 'endsAtMs'>): boolean {
  return endsAtMs === undefined || startsAtMs > endsAtMs
}

export function firingIn(group: Pick<AlertGroup, 'alerts'>): number {
  return Object.values(group.alerts).filter(isFiring).length
}

/** Hidden alerts may fire: nothing is clear while some are not listed. */
export function isClear(group: Pick<AlertGroup, 'alerts' | 'hidden'>): boolean {
  return group.hidden === 0 && firingIn(group) === 0
}

export type Message = { readonly alerts: readonly AlertSeen[]; readonly hidden: number }

/** What a message makes of a group, and whether it brought anything: alerts that began to fire, or anything at all. */
export function heard(
  group: AlertGroup | undefined,
  message: Message,
  now: number,
): { readonly group: AlertGroup; readonly begins: boolean; readonly changed: boolean } {
  const before: AlertGroup = group ?? { alerts: {}, fired: 0, hidden: message.hidden, heardAtMs: now }
  const alerts = new Map(Object.entries(before.alerts))
  let fired = before.fired
  let begins = false
  let changed = group === undefined || before.hidden !== message.hidden
  for (const seen of message.alerts) {
    const known = alerts.get(seen.id)
    const next = known === undefined ? { ...timesOf(seen), heardAtMs: now } : joined(known, seen, now)
    if (next === known) continue
    alerts.set(seen.id, next)
    changed = true
    const fires = isFiring(next)
    if (known === undefined || (fires && !isFiring(known))) fired += 1
    if (fires && (known === undefined || !isFiring(known))) begins = true
  }
  const after = {
    ...before,
    alerts: changed ? remembered(alerts, now) : before.alerts,
    fired,
    hidden: message.hidden,
    heardAtMs: changed ? now : before.heardAtMs,
  }
  return { group: after, begins, changed }
}

/** Without those that ended long ago; if there are too many, those quiet for longest go, ended ones first. */
function remembered(alerts: ReadonlyMap<string, KnownAlert>, now: number): AlertGroup['alerts'] {
  const isYoung = (alert: KnownAlert) => isFiring(alert) || now - alert.heardAtMs < endedKeptMs
  const young = [...alerts].filter(([, alert]) => isYoung(alert))
  if (young.length <= alertsOfGroup) return Object.fromEntries(young)
  const order = young.toSorted(
    ([, a], [, b]) => Number(isFiring(a)) - Number(isFiring(b)) || a.heardAtMs - b.heardAtMs,
  )
  return Object.fromEntries(order.slice(-alertsOfGroup))
}

/**
 * True when the message reports an alert as firing that ended less than a minute ago: either the message is late and is not sent again,
 * or the alert fires again under its old start and is.
 */
export function isInDoubt(group: AlertGroup | undefined, { alerts }: Message, now: number): boolean {
  return alerts.some((seen) => {
    const known =
      group !== undefined && Object.hasOwn(group.alerts, seen.id) ? group.alerts[seen.id] : undefined
    return known !== undefined && isRevival(known, seen) && now - known.heardAtMs < overtakenWithinMs
  })
}

/** It fires, under a start before its known end. */
function isRevival(known: KnownAlert, seen: AlertSeen): known is Required<KnownAlert> {
  return (
    seen.endsAtMs === undefined &&
    known.endsAtMs !== undefined &&
    !isFiring(known) &&
    seen.startsAtMs <= known.endsAtMs
  )
}

function joined(known: KnownAlert, seen: AlertSeen, now: number): KnownAlert {
  if (isRevival(known, seen)) return { ...known, startsAtMs: known.endsAtMs + 1, heardAtMs: now }
  const startsAtMs = Math.max(known.startsAtMs, seen.startsAtMs)
  const endsAtMs = Math.max(known.endsAtMs ?? 0, seen.endsAtMs ?? 0)
  if (startsAtMs === known.startsAtMs && endsAtMs === (known.endsAtMs ?? 0)) return known
  return { startsAtMs, ...(endsAtMs === 0 ? {} : { endsAtMs }), heardAtMs: now }
}

function timesOf({ startsAtMs, endsAtMs }: AlertSeen): Omit<KnownAlert, 'heardAtMs'> {
  return { startsAtMs, ...present({ endsAtMs }) }
}
