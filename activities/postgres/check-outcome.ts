/** What a check of data came to, in words. */
import type { CheckResult } from '../../domain/restore/checks.ts'
import { said, type Text, type Words } from '../../domain/words.ts'
import { plainLine } from '../../edge/plain-text.ts'

export type Outcome = Omit<CheckResult, 'name'>

export function held(says: Text): Outcome {
  return { status: 'ok', says }
}

export function failed(says: Words): Outcome {
  return { status: 'failed', says: said(says) }
}

export function notRun(says: Words): Outcome {
  return { status: 'not-run', says: said(says) }
}

export function otherThan(expected: Text, got: Text): Outcome {
  return failed({
    en: `expected ${expected.en}; found ${got.en}`,
    ja: `期待: ${expected.ja}。実際: ${got.ja}`,
  })
}

/** A value as people may see it; `null` where there was none. */
export function shownValue(value: string | null): Text {
  if (value === null) return { en: 'no value (NULL or no row)', ja: '値なし（NULL または 0 行）' }
  return said(value === '' ? '""' : plainLine(value, shownCharacters))
}

const shownCharacters = 200
