/** Weeks and nights of a team, from what its clocks show: milliseconds of the same time in UTC, worked out where zones are known. */
import { iso } from '../iso.ts'

const dayMs = 86_400_000
const night = { from: 22, to: 7 }

/** `2026-W48`: the ISO week of the moment. */
export function weekOf(wallMs: number): string {
  const days = Math.floor(wallMs / dayMs)
  // Day 0 of the epoch was a Thursday; a week belongs to the year of its Thursday.
  const thursday = days - ((days + 3) % 7) + 3
  const year = Number(iso(thursday * dayMs).slice(0, 4))
  const first = Math.floor(Date.UTC(year, 0, 1) / dayMs)
  return `${year}-W${String(Math.floor((thursday - first) / 7) + 1).padStart(2, '0')}`
}

/** The evening on which the night began, `2026-11-24`; undefined by day. */
export function nightOf(wallMs: number): string | undefined {
  const hour = Math.floor((wallMs % dayMs) / 3_600_000)
  if (hour >= night.to && hour < night.from) return undefined
  return iso(hour < night.to ? wallMs - dayMs : wallMs).slice(0, 10)
}
