/** The desks that run, found by what Temporal's visibility knows of them: no worker is needed for that. */
import type { WorkflowExecutionInfo } from '@temporalio/client'
import { nearest } from '../domain/nearest.ts'
import { name } from '../domain/runbook/runbook.ts'
import type { Actor } from '../domain/words.ts'
import { type CommandReceipt, type DeskView, deskId, queries } from '../workflows/messages.ts'
import { searchAttribute, visible } from './attributes.ts'
import type { Temporal } from './connect.ts'
import { queryWithin } from './query.ts'
import { type Refused, refused } from './refused.ts'
import { isGone, refusalOf } from './temporal-errors.ts'
import { sendUpdate } from './updates.ts'

export type Desk = { readonly desk: string; readonly services: readonly string[] }

const readWithinMs = 5_000
/** A desk that was published a moment ago is not visible yet; nobody is told "unknown" for that. */
const visibilityLagMs = 400

/** Every desk that runs, by name. */
export async function findDesks(temporal: Temporal): Promise<readonly Desk[]> {
  const found = await visible(temporal, `WorkflowType = 'desk' AND ExecutionStatus = 'Running'`)
  return found.map(deskOf).toSorted((a, b) => (a.desk < b.desk ? -1 : 1))
}

/** The one desk that cares for a service: `backend`, or `shodo/backend` where several systems have one. */
export async function findDesk(
  temporal: Temporal,
  wanted: { readonly service: string; readonly system?: string | undefined },
): Promise<{ readonly desk: string; readonly service: string }> {
  const [before, after] = wanted.service.split('/', 2)
  const service = after ?? wanted.service
  const system = wanted.system ?? (after === undefined ? undefined : before)
  const found = await candidates(temporal, service, system)
  if (found.length > 1) {
    const known = found.map(({ desk }) => `${desk}/${service}`).join(', ')
    throw refused('ambiguous-service', { service, known })
  }
  const [only] = found
  if (only !== undefined) return { desk: only.desk, service }
  throw unknownService(wanted.service, await findDesks(temporal))
}

async function candidates(
  temporal: Temporal,
  service: string,
  system: string | undefined,
): Promise<readonly Desk[]> {
  // The words stand inside a query: only what can be a name may get there.
  if (!name.safeParse(service).success) return []
  if (system !== undefined && !name.safeParse(system).success) return []
  const query = [
    `WorkflowType = 'desk' AND ExecutionStatus = 'Running' AND HikeshiServices = '${service}'`,
    ...(system === undefined ? [] : [`AND WorkflowId = '${deskId(system)}'`]),
  ].join(' ')
  const found = await visible(temporal, query)
  if (found.length > 0) return found.map(deskOf)
  await new Promise((resolve) => setTimeout(resolve, visibilityLagMs))
  return (await visible(temporal, query)).map(deskOf)
}

function unknownService(service: string, desks: readonly Desk[]): Refused {
  if (desks.length === 0) return refused('no-runbook')
  const names = desks.flatMap((d) => d.services)
  const repeated = names.filter((n, i) => names.indexOf(n) !== i)
  const known = desks.flatMap((d) => d.services.map((s) => (repeated.includes(s) ? `${d.desk}/${s}` : s)))
  const meant = nearest(service, known)
  // The nearest name first: it is the one that is read.
  const sorted = meant === undefined ? known : [meant, ...known.filter((k) => k !== meant)]
  return refused('unknown-service', { service: service.slice(0, 60), known: sorted.join(', ') || 'none' })
}

/** What a desk itself says; needs a worker. */
export async function deskView(temporal: Temporal, desk: string, withinMs = readWithinMs): Promise<DeskView> {
  try {
    return await queryWithin(temporal, withinMs, (client) =>
      client.workflow.getHandle(deskId(desk)).query<DeskView>(queries.desk),
    )
  } catch (error) {
    throw isGone(error)
      ? refused('no-runbook', {}, { cause: error })
      : refusalOf(error, temporal.address, deskId(desk))
  }
}

/** The one switch for all automation: every desk is told, and tells its incidents. */
export async function freezeAll(
  temporal: Temporal,
  on: boolean,
  by: Actor,
  id: string,
): Promise<readonly { readonly desk: string; readonly receipt: CommandReceipt['receipt'] }[]> {
  const desks = await findDesks(temporal)
  if (desks.length === 0) throw refused('no-runbook')
  return Promise.all(
    desks.map(async ({ desk }) => {
      const { receipt } = await sendUpdate<CommandReceipt>(temporal, {
        workflow: deskId(desk),
        name: 'freeze',
        input: { by, on },
        id,
      })
      return { desk, receipt }
    }),
  )
}

function deskOf(execution: WorkflowExecutionInfo): Desk {
  return {
    desk: execution.workflowId.slice(deskId('').length),
    services: searchAttribute(execution, 'HikeshiServices') ?? [],
  }
}
