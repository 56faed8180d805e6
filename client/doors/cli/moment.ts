import { expected } from '../../../domain/expected.ts'
import type { Text } from '../../../domain/words.ts'
import { refused } from '../../../edge/refused.ts'

const example = '2026-11-24T14:30:00+09:00'

/** A time with its offset, epoch ms. Without one the same text means another moment in another zone: refused, never guessed. */
export function exactMoment(
  value: string,
  where: string,
  wanted: Text = { en: 'a time with its offset', ja: '時差付きの時刻' },
): number {
  const ms = /(Z|[+-]\d\d:?\d\d)$/.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(ms))
    throw refused('bad-input', {
      where,
      problem: expected(`${wanted.en} such as ${example}`, `${example} のような${wanted.ja}`),
    })
  return ms
}
