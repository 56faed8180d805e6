import type { Actor } from '../domain/words.ts'
import type { IncidentView } from '../workflows/messages.ts'
import { sendCommand } from './commands.ts'
import type { Temporal } from './connect.ts'
import { refused } from './refused.ts'
import { currentView } from './show.ts'

/** The picture is promised within 5 s; the answer of a busy worker may come a little later. */
const takenWithinMs = 10_000

/** Has a fresh picture taken and waits for it. */
export async function takeSituation(temporal: Temporal, incident: string, by: Actor): Promise<IncidentView> {
  await sendCommand(temporal, incident, 'situation', { by })
  const until = Date.now() + takenWithinMs
  let view = await currentView(temporal, incident)
  const { wanted } = view.state.situation
  while ((view.state.situation.taken?.number ?? 0) < wanted) {
    if (Date.now() > until)
      throw refused('wait-timeout', { seconds: takenWithinMs / 1_000, what: 'situation', incident })
    await new Promise((resolve) => setTimeout(resolve, 100))
    view = await currentView(temporal, incident)
  }
  return view
}
