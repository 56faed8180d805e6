import { present } from '../present.ts'
import type { Text, Words } from '../words.ts'

type Params = Readonly<Record<string, Words | number>>

/** Whether the target is certainly as it was when the first attempt of a change meets it. `inPieces`: the change is several requests. */
export type Unchanged = (params: Params, inPieces: boolean) => boolean

export type Entry = {
  readonly code: `HK${number}`
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6
  readonly retryable: boolean
  readonly what: Text
  readonly next: Text
  /** Where nothing is said nobody knows what was changed. */
  readonly unchanged?: Unchanged
}

/** Refused before the change begins, whatever it consists of. */
export const beforeAnything: Unchanged = () => true

/** What the other side refuses at its door: of several requests it may have taken some. */
export const atTheDoor: Unchanged = (_, inPieces) => !inPieces

/** One failure: its code, exit code, whether trying the same again can help, its two sentences, and what a change that meets it has left alone. */
export const entry = (
  code: Entry['code'],
  exit: Entry['exit'],
  retryable: boolean,
  what: Text,
  next: Text,
  unchanged?: Unchanged,
): Entry => ({ code, exit, retryable, what, next, ...present({ unchanged }) })
