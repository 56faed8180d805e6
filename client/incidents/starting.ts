import type { Temporal } from '../temporal/connect.ts'
import { deskView } from './desks.ts'

/** What the desk says of an incident that it has numbered and whose workflow does not run yet; undefined as well when it cannot say. */
export async function startingAt(
  temporal: Temporal,
  incident: string,
): Promise<{ readonly timezone: string | undefined } | undefined> {
  const desk = incident.replace(/-\d+$/, '')
  try {
    const { state } = await deskView(temporal, desk, 2_000)
    return state.starting.includes(incident) ? { timezone: state.runbook?.book.timezone } : undefined
  } catch {
    return undefined
  }
}

export async function isStarting(temporal: Temporal, incident: string): Promise<boolean> {
  return (await startingAt(temporal, incident)) !== undefined
}
