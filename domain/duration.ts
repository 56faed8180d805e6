import { z } from 'zod'
import { expects } from './expected.ts'

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Reads `30s`, `5m`, `1h30m` into milliseconds; undefined when it is no duration. */
export function durationMs(source: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(source)) return undefined
  let total = 0
  for (const [, amount, unit] of source.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * unitMs[unit as keyof typeof unitMs]
  }
  return total
}

/** `5m`-like text or milliseconds in, milliseconds out; parsing twice gives the same, so one schema serves file and snapshot. */
export const duration = z.union([
  z.number().int().nonnegative(),
  z
    .string()
    .refine(
      (source) => durationMs(source) !== undefined,
      expects('a duration such as 30s, 5m or 1h30m', '30s、5m、1h30m のような時間'),
    )
    .transform((source) => durationMs(source) ?? 0),
])

/** Milliseconds as people say them: `1h30m`, `4m59s`, `950ms`. */
export function showDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`
  const seconds = Math.round(ms / 1_000)
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join('')
}

/** The two largest parts, as an age is told: `2h5m`, `3d4h`, `40s`. */
export function roughly(ms: number): string {
  const parts = showDuration(Math.max(1_000, ms)).match(/\d+[a-z]+/g) ?? []
  return parts.slice(0, 2).join('')
}
