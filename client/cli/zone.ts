import type { Door } from '../door.ts'
import { ownZone } from './local-time.ts'

/** The team's zone, from the incident's runbook; the terminal's own where nobody can say. */
export async function zoneOf(door: Door, incident: string): Promise<string> {
  try {
    const shown = await door.show(incident)
    return shown.source === 'worker' ? shown.state.runbook.book.timezone : ownZone()
  } catch {
    return ownZone()
  }
}
