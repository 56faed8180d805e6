/**
 * From what a zone's clocks show to the instant. A wall time is written as epoch ms of the same time in UTC, so it is no instant
 * until a zone is known; in a zone it can be one instant, two where clocks go back, or none where they go forward.
 */
import { wallTime } from '../local-time.ts'

const hourMs = 3_600_000

/** Farther than any zone is from UTC, so that the instant lies within. */
const reachMs = 26 * hourMs

export type Instants =
  | { readonly kind: 'once'; readonly ms: number }
  | { readonly kind: 'twice'; readonly earlier: number; readonly later: number }
  /** The clocks go from `from` to `to` (wall times) at the instant `ms`. */
  | { readonly kind: 'skipped'; readonly ms: number; readonly from: number; readonly to: number }

/** How far the zone is ahead of UTC at the instant, in ms. */
export function offsetAt(ms: number, zone: string): number {
  // Worked out here: a Node that knew no zone by the name of +09:00 would take it for UTC.
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? []
  if (sign === undefined) return wallTime(ms, zone) - ms
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

/** What the zone's clocks show at the instant. */
export function wallAt(ms: number, zone: string): number {
  return ms + offsetAt(ms, zone)
}

/** `+09:00` */
export function writeOffset(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000
  const twoDigits = (figure: number) => String(Math.floor(figure)).padStart(2, '0')
  return `${offsetMs < 0 ? '-' : '+'}${twoDigits(minutes / 60)}:${twoDigits(minutes % 60)}`
}

/** `2026-11-24 14:03:07`, and milliseconds where there are any. */
export function writeWallTime(wall: number): string {
  return new Date(wall)
    .toISOString()
    .replace('T', ' ')
    .replace(/(?:\.000)?Z$/, '')
}

/** Every instant at which the zone's clocks show the wall time. */
export function instantsAt(wall: number, zone: string): Instants {
  const offsets = new Set<number>()
  // No zone keeps an offset for less than an hour.
  for (let ms = wall - reachMs; ms <= wall + reachMs; ms += hourMs) offsets.add(offsetAt(ms, zone))
  const [earlier, later] = [...offsets]
    .map((offset) => wall - offset)
    .filter((ms) => wallAt(ms, zone) === wall)
    .sort((a, b) => a - b)
  if (earlier === undefined) return gapAt(wall, zone)
  return later === undefined ? { kind: 'once', ms: earlier } : { kind: 'twice', earlier, later }
}

/** Where the clocks go past a wall time that they never show. */
function gapAt(wall: number, zone: string): Instants {
  let before = wall - reachMs
  let after = wall + reachMs
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (wallAt(middle, zone) < wall) before = middle
    else after = middle
  }
  return { kind: 'skipped', ms: after, from: wallAt(before, zone) + 1, to: wallAt(after, zone) }
}
