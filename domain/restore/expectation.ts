/** What a check of data expects of one value, and whether the value that PostgreSQL wrote is that. */
import { z } from 'zod'
import { expects } from '../expected.ts'
import { cutTo, type Text, verbatim } from '../words.ts'
import { compareDecimals } from './decimal.ts'

/** A longer value is cut before it leaves the server, and equals nothing. */
export const longestValue = 1_000

/** Of an expected text. */
const shownCharacters = 200

/** YAML would have rounded it before anybody reads it here. */
const number = z
  .number()
  .refine(
    (given) => !Number.isInteger(given) || Number.isSafeInteger(given),
    expects(
      'a number of at most 15 figures; write a longer one as text',
      '15 桁以内の数値（それより長い数は文字列で）',
    ),
  )

type Bounds = { readonly atLeast?: number | undefined; readonly atMost?: number | undefined }

/** At least one bound, and the lower one is not above the upper one. */
export function bounds(given: z.core.ParsePayload<Bounds>): void {
  const { atLeast, atMost } = given.value
  if (atLeast === undefined && atMost === undefined)
    given.issues.push({
      code: 'custom',
      input: given.value,
      continue: true,
      message: expects('"atLeast", "atMost" or both', '「atLeast」「atMost」のいずれか、または両方'),
    })
  if (atLeast !== undefined && atMost !== undefined && atLeast > atMost)
    given.issues.push({
      code: 'custom',
      path: ['atMost'],
      input: atMost,
      continue: true,
      message: expects(
        `a number of at least ${atLeast}, as "atLeast" says`,
        `「atLeast」の ${atLeast} 以上の数値`,
      ),
    })
}

export const expectation = z.union([
  z.string().max(longestValue),
  number,
  z.boolean(),
  z.strictObject({ atLeast: number.optional(), atMost: number.optional() }).check(bounds),
])
export type Expectation = z.infer<typeof expectation>

/** Whether a value, as PostgreSQL writes it as text, is what is expected. `null` is nothing that anybody expects. */
export function meets(expected: Expectation, value: string | null): boolean {
  if (value === null || value.length > longestValue) return false
  if (typeof expected === 'string') return value === expected
  if (typeof expected === 'boolean') return value === String(expected)
  if (typeof expected === 'number') return compareDecimals(value, String(expected)) === 0
  const { atLeast = value, atMost = value } = expected
  const [above, below] = [compareDecimals(value, String(atLeast)), compareDecimals(value, String(atMost))]
  return above !== undefined && below !== undefined && above >= 0 && below <= 0
}

/** `at least 3`, `"paid"`, `true`. */
export function showExpectation(expected: Expectation): Text {
  if (typeof expected === 'string') return verbatim(JSON.stringify(cutTo(expected, shownCharacters)))
  if (typeof expected !== 'object') return verbatim(String(expected))
  const { atLeast, atMost } = expected
  if (atMost === undefined) return { en: `at least ${atLeast}`, ja: `${atLeast} 以上` }
  if (atLeast === undefined) return { en: `at most ${atMost}`, ja: `${atMost} 以下` }
  return { en: `${atLeast} to ${atMost}`, ja: `${atLeast} 以上 ${atMost} 以下` }
}
