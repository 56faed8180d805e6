/** An instant as it is said to people who decide by it: whatever stands here, typed in, is the same instant again. */

import { instantsAt, offsetAt, wallAt, writeOffset, writeWallTime } from './wall-time.ts'
import { abbreviationOf } from './zone-abbreviations.ts'

/** `2024-01-20 14:30:00 JST`; the zone's name or offset where no abbreviation of it is unmistakable. */
export function writeInstant(ms: number, zone: string): string {
  const wall = wallAt(ms, zone)
  return `${writeWallTime(wall)} ${abbreviationOf(ms, zone) ?? nameOf(ms, wall, zone)}`
}

/** `2024-01-20 14:30:00 JST (2024-01-20 05:30:00 UTC)`: in the first zone, then in the others and in UTC. */
export function sayInstant(ms: number, zone: string, ...others: readonly string[]): string {
  const [first = '', ...more] = new Set([zone, ...others, 'UTC'].map((name) => writeInstant(ms, name)))
  return more.length === 0 ? first : `${first} (${more.join(', ')})`
}

/** The version of the zone data that instants were worked out with: `2026e`. */
export function tzVersion(): string {
  return process.versions.tz ?? 'unknown'
}

/** The same with the zone's name, as a text to type next to those of other zones: `2024-01-20 14:30:00 Asia/Tokyo`. */
export function writeNamed(ms: number, zone: string): string {
  const wall = wallAt(ms, zone)
  return `${writeWallTime(wall)} ${nameOf(ms, wall, zone)}`
}

/** The offset where the name would mislead: in the hour that comes twice, and for Etc/GMT+9, which is nine hours behind UTC. */
function nameOf(ms: number, wall: number, zone: string): string {
  const isPlain = zone.includes('/') && !zone.startsWith('Etc/') && instantsAt(wall, zone).kind === 'once'
  return isPlain || zone === 'UTC' ? zone : writeOffset(offsetAt(ms, zone))
}
