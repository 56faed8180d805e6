/**
 * The sign of life of the work under way. Hands ask here whether they should stop and say here that they go on, so that
 * they run the same inside a Temporal activity and outside of one.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Json, Text, Words } from '../domain/words.ts'
import { refusal } from './refusal.ts'

export type Pulse = {
  /** Aborted when the work must stop; its reason is the very error to end with. */
  readonly signal: AbortSignal
  readonly beat: (detail: Json) => void
  /** How things stand for people while this part of the work is under way: they hear of it where it does not get on. */
  readonly stands?: (says: Text) => void
  /** Has people told, once for the whole step, what it waits for. */
  readonly heldUp?: (says: Text) => void
  /** What the attempt before this one signalled last; which one this is, from 1, and when Temporal scheduled it, epoch ms. */
  readonly attempt?: { readonly before: Json; readonly number: number; readonly scheduledMs: number }
}

const undisturbed: Pulse = { signal: new AbortController().signal, beat: () => {} }
const current = new AsyncLocalStorage<Pulse>()

export function pulse(): Pulse {
  return current.getStore() ?? undisturbed
}

export function withPulse<T>(given: Pulse, work: () => Promise<T>): Promise<T> {
  return current.run(given, work)
}

/** Does the work under a signal of its own besides the one in force; ends at once when either is aborted, whether or not the work listens. */
export async function stoppable<T>(own: AbortSignal, work: () => Promise<T>): Promise<T> {
  const outer = pulse()
  const signal = AbortSignal.any([outer.signal, own])
  signal.throwIfAborted()
  let stop: () => void = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await withPulse({ ...outer, signal }, () => Promise.race([work(), stopped]))
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Ends the work with "no answer" when it takes longer. `where` is what a person should look at by hand. */
export async function withDeadline<T>(ms: number, where: Words, work: () => Promise<T>): Promise<T> {
  const alarm = new AbortController()
  const seconds = Math.round(ms / 100) / 10
  const timer = setTimeout(() => alarm.abort(refusal('no-answer', { seconds, where })), ms)
  try {
    return await stoppable(alarm.signal, work)
  } finally {
    clearTimeout(timer)
  }
}

/** Waits; throws the reason when the work must stop meanwhile. */
export async function pause(ms: number): Promise<void> {
  const { signal } = pulse()
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
