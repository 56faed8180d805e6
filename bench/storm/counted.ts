/** The outcome of a storm's alerts: read from the desk and from the timelines of its incidents, when the desk has nothing left to do. */
import type { Client } from '@temporalio/client'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import { until } from '../../lab/waiting.ts'
import { ofType, timeline } from '../../test/scenarios/world.ts'
import { type DeskView, deskId } from '../../wire/messages.ts'
import type { Alert } from './alerts.ts'

export type Counted = {
  /** In no timeline of an incident. */
  readonly lost: number
  /** Reports beyond one for each alert. */
  readonly twice: number
  readonly incidents: readonly { readonly id: string; readonly events: readonly IncidentEvent[] }[]
}

const settledWithinMs = 900_000

export async function openIncidents(client: Client, desk: string): Promise<DeskView['state']['open']> {
  const { state } = await client.workflow.getHandle(deskId(desk)).query<DeskView>('desk')
  return state.open
}

/** Returns when every incident of the desk runs and has been told everything. */
export async function settled(client: Client, desk: string): Promise<void> {
  const isSettled = async () => {
    const { state } = await client.workflow.getHandle(deskId(desk)).query<DeskView>('desk')
    return state.untold + state.starting.length === 0
  }
  const what = `the desk ${desk} to have told its incidents`
  await until(isSettled, { what, withinMs: settledWithinMs, everyMs: 250 })
}

export async function counted(client: Client, desk: string, alerts: readonly Alert[]): Promise<Counted> {
  await settled(client, desk)
  const open = await openIncidents(client, desk)
  const reports = Object.values(open).reduce((sum, incident) => sum + incident.reports, 0)
  const incidents: { id: string; events: readonly IncidentEvent[] }[] = []
  for (const id of Object.keys(open)) incidents.push({ id, events: await timeline(client, id) })
  const heard = new Set(
    incidents.flatMap(({ events }) => ofType(events, 'alerts-changed').map(({ data }) => data.group)),
  )
  const lost = alerts.filter(({ group }) => !heard.has(group)).length
  return { lost, twice: Math.max(0, reports - (alerts.length - lost)), incidents }
}

/** How long each incident's first picture took, in ms. */
export function pictures({ incidents }: Counted): readonly number[] {
  return incidents.map(({ events }) => ofType(events, 'situation-taken')[0]?.data.tookMs ?? Number.NaN)
}
