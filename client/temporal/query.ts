import { setTimeout as sleep } from 'node:timers/promises'
import { staleQuery } from '../../wire/messages.ts'
import type { Temporal } from './connect.ts'

const againAfterMs = 100
const usuallyWithinMs = 1_000

/**
 * Runs the query `ask`, again if it came too early: before the first task of a run, or before
 * the task of the newest events. Errors are Temporal's own.
 */
export function queryWithin<T>(
  temporal: Temporal,
  withinMs: number,
  ask: (client: Temporal['client']) => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + withinMs
  return askedAgain(() => temporal.connection.withDeadline(deadline, () => ask(temporal.client)), withinMs)
}

/** The answer to a question, which is asked again where it came too early, until `withinMs` are over. */
export async function askedAgain<T>(ask: () => Promise<T>, withinMs = usuallyWithinMs): Promise<T> {
  const end = Date.now() + withinMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isEarly(error) || Date.now() + againAfterMs > end) throw error
      await sleep(againAfterMs)
    }
  }
}

/** Still too early at the end: no task will take up the newest events, as in a run that was terminated. */
export function isEarly(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.message.includes(staleQuery) || isNotReady(error.message) || isEarly(error.cause)
}

/** Temporal's WorkflowNotReady; a run that was continued as new has no task for some milliseconds. */
function isNotReady(message: string): boolean {
  return /workflow task is not scheduled yet|workflow is not ready/i.test(message)
}
