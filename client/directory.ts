/**
 * Which desks run and for what services they care, kept in memory: Temporal's visibility allows ten requests a second for all of a
 * namespace, and a storm of alerts must not wait for it.
 */
import type { WorkflowExecutionInfo } from '@temporalio/client'
import { deskId } from '../workflows/messages.ts'
import { searchAttribute, visible } from './attributes.ts'
import type { Temporal } from './connect.ts'

export type Desk = { readonly desk: string; readonly services: readonly string[] }

/** A directory of this age serves a storm. */
export const knownWithinMs = 3_000

type Page = { readonly askedMs: number; readonly desks: Promise<readonly Desk[]> }

const pages = new WeakMap<Temporal['connection'], Page>()
/** Where visibility refuses an answer, a page of this age is better than none: desks come and go once in a month. */
const keptMs = 600_000

/** Every desk that runs, by name, asked anew. */
export async function findDesks(temporal: Temporal): Promise<readonly Desk[]> {
  return desksKnown(temporal, 0)
}

/** Every desk that runs, as it was at most so long ago; whoever asks meanwhile shares one request. */
export async function desksKnown(temporal: Temporal, withinMs: number): Promise<readonly Desk[]> {
  const { connection } = temporal
  const before = pages.get(connection)
  const ageMs = performance.now() - (before?.askedMs ?? Number.NEGATIVE_INFINITY)
  if (before !== undefined && ageMs <= withinMs) return before.desks
  const isOld = before === undefined || withinMs === 0 || ageMs > keptMs
  const desks = isOld ? ask(temporal) : ask(temporal).catch(() => before.desks)
  const page = { askedMs: performance.now(), desks }
  pages.set(connection, page)
  try {
    return await desks
  } catch (error) {
    if (pages.get(connection) === page) pages.delete(connection)
    throw error
  }
}

async function ask(temporal: Temporal): Promise<readonly Desk[]> {
  const found = await visible(temporal, `WorkflowType = 'desk' AND ExecutionStatus = 'Running'`)
  return found.map(deskOf).toSorted((a, b) => (a.desk < b.desk ? -1 : 1))
}

function deskOf(execution: WorkflowExecutionInfo): Desk {
  return {
    desk: execution.workflowId.slice(deskId('').length),
    services: searchAttribute(execution, 'HikeshiServices') ?? [],
  }
}
