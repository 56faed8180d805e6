import type { Actor } from '../../domain/words.ts'
import type { IncidentView } from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { sendCommand } from './commands.ts'
import { pictureTaken } from './picture.ts'
import { currentView } from './show.ts'

/** Has a fresh picture taken and waits for it. */
export async function takeSituation(temporal: Temporal, incident: string, by: Actor): Promise<IncidentView> {
  await sendCommand(temporal, incident, { type: 'situation', by })
  return pictureTaken(incident, () => currentView(temporal, incident), 100)
}
