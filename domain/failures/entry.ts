import type { Text } from '../words.ts'

export type Entry = {
  readonly code: `HK${number}`
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6
  readonly retryable: boolean
  readonly what: Text
  readonly next: Text
}

/** One failure: its code, exit code, whether trying the same again can help, and its two sentences. */
export const entry = (
  code: Entry['code'],
  exit: Entry['exit'],
  retryable: boolean,
  what: Text,
  next: Text,
): Entry => ({ code, exit, retryable, what, next })
