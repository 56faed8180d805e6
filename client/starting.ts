import type { Temporal } from './connect.ts'
import { deskView } from './desks.ts'

/** Whether the desk has numbered the incident and its workflow does not run yet. False as well when the desk cannot say. */
export async function isStarting(temporal: Temporal, incident: string): Promise<boolean> {
  const desk = incident.replace(/-\d+$/, '')
  try {
    const { state } = await deskView(temporal, desk, 2_000)
    return state.starting.includes(incident)
  } catch {
    return false
  }
}
