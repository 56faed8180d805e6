import { expected } from '../domain/expected.ts'
import type { Text } from '../domain/words.ts'

/**
 * Why TEMPORAL_TLS cannot be meant; undefined where it is clear. Temporal's own reader takes every word that it does not know, `yes` too,
 * for "without TLS", and an API key would go out in clear text.
 */
export function tlsProblem(value: string | undefined): Text | undefined {
  return value === undefined || /^(1|0|true|false)$/.test(value)
    ? undefined
    : expected('true or false', 'true または false')
}
