import { setTimeout as sleep } from 'node:timers/promises'
import { staleQuery } from '../workflows/messages.ts'
import type { Temporal } from './connect.ts'

const againAfterMs = 100
const mostTries = 10

/** Asks a workflow, of whom and what says `ask`; a question that came before the task of the newest events is asked again. Errors are Temporal's own. */
export async function queryWithin<T>(
  temporal: Temporal,
  withinMs: number,
  ask: (client: Temporal['client']) => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + withinMs
  for (let tries = 1; ; tries += 1) {
    try {
      return await temporal.connection.withDeadline(deadline, () => ask(temporal.client))
    } catch (error) {
      if (!isStale(error) || tries === mostTries) throw error
      await sleep(againAfterMs)
    }
  }
}

function isStale(error: unknown): boolean {
  return error instanceof Error && (error.message.includes(staleQuery) || isStale(error.cause))
}
