import { refused } from '../refused.ts'

/** A time with its offset, epoch ms. Without one the same text means another moment in another zone: refused, never guessed. */
export function exactMoment(
  value: string,
  where: string,
  expected = 'expected a time with its offset',
): number {
  const ms = /(Z|[+-]\d\d:?\d\d)$/.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(ms))
    throw refused('bad-input', {
      where,
      problem: `${expected} such as 2026-11-24T14:30:00+09:00`,
    })
  return ms
}
