/**
 * Which desks run and for what services they care, kept in memory: Temporal's visibility allows ten requests a second for all of a
 * namespace, and a storm of alerts must not wait for it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkflowExecutionInfo } from '@temporalio/client'
import { deskId } from '../../wire/messages.ts'
import { searchAttribute, visible } from '../temporal/attributes.ts'
import type { Temporal } from '../temporal/connect.ts'

export type Desk = { readonly desk: string; readonly services: readonly string[] }

type Directory = {
  /** The last good answer. A request that fails takes nothing away from it. */
  page?: { readonly answeredMs: number; readonly desks: readonly Desk[] }
  /** The request that is under way, and for some moments after its end. */
  asked?: Promise<readonly Desk[]>
}

/** A page of this age needs no other one. */
const freshMs = 3_000
/** Where visibility refuses an answer, a page of this age is better than none: desks come and go once in a month. */
const keptMs = 600_000
/** However many ask for what there is not: one request at a time, and a few in a second. */
const askedAgainAfterMs = 300

const directories = new WeakMap<Temporal['connection'], Directory>()

/** Every desk that runs, by name, as it was some seconds ago: nobody waits for visibility while there is a page. */
export async function desksKnown(temporal: Temporal): Promise<readonly Desk[]> {
  const { page } = directoryOf(temporal)
  const ageMs = ageOf(page)
  if (page === undefined || ageMs > keptMs) return findDesks(temporal)
  // What comes of it, the next one who asks will see.
  if (ageMs > freshMs) ask(temporal).catch(() => undefined)
  return page.desks
}

/** The same as it is now; where visibility does not say, the page of at most that age. */
export async function findDesks(temporal: Temporal, pageWithinMs = keptMs): Promise<readonly Desk[]> {
  try {
    return await ask(temporal)
  } catch (error) {
    const { page } = directoryOf(temporal)
    if (page === undefined || ageOf(page) > pageWithinMs) throw error
    return page.desks
  }
}

function ask(temporal: Temporal): Promise<readonly Desk[]> {
  const directory = directoryOf(temporal)
  if (directory.asked !== undefined) return directory.asked
  const asked = listDesks(temporal)
  directory.asked = asked
  asked
    .then((desks) => {
      directory.page = { answeredMs: performance.now(), desks }
    })
    .catch(() => undefined)
    .then(() => sleep(askedAgainAfterMs, undefined, { ref: false }))
    .then(() => delete directory.asked)
  return asked
}

async function listDesks(temporal: Temporal): Promise<readonly Desk[]> {
  const found = await visible(temporal, `WorkflowType = 'desk' AND ExecutionStatus = 'Running'`)
  return found.map(deskOf).toSorted((a, b) => (a.desk < b.desk ? -1 : 1))
}

function deskOf(execution: WorkflowExecutionInfo): Desk {
  return {
    desk: execution.workflowId.slice(deskId('').length),
    services: searchAttribute(execution, 'HikeshiServices') ?? [],
  }
}

function directoryOf({ connection }: Temporal): Directory {
  const directory = directories.get(connection) ?? {}
  directories.set(connection, directory)
  return directory
}

function ageOf(page: Directory['page']): number {
  return performance.now() - (page?.answeredMs ?? Number.NEGATIVE_INFINITY)
}
