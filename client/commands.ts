/** Commands to an incident, and what is said when it is not there to take them. */
import type { CommandInput, CommandType } from '../domain/incident/commands.ts'
import { type CommandReceipt, incidentsQueue } from '../workflows/messages.ts'
import { searchAttribute } from './attributes.ts'
import type { Temporal } from './connect.ts'
import { type Refused, refused } from './refused.ts'
import { isStarting } from './starting.ts'
import { isGone, refusalOf } from './temporal-errors.ts'
import { sendUpdate } from './updates.ts'

export type CommandBody<T extends CommandType> = Omit<CommandInput<T>, 'v' | 'id'>

/** The desk starts an incident within moments; a command that comes before is held back this long. */
const startsWithinMs = 10_000

export async function sendCommand<T extends CommandType>(
  temporal: Temporal,
  incident: string,
  type: T,
  body: CommandBody<T>,
  id: string = crypto.randomUUID(),
): Promise<CommandReceipt> {
  checkIncident(incident)
  const until = Date.now() + startsWithinMs
  for (;;) {
    try {
      return await sendUpdate<CommandReceipt>(temporal, { workflow: incident, name: type, input: body, id })
    } catch (error) {
      if (!isGone(error)) throw error
      const isEarly = Date.now() < until
      if (!(isEarly && (await isStarting(temporal, incident)))) {
        const why = await absence(temporal, incident, type)
        // It runs: it has started since it was sent the command.
        if (why !== undefined || !isEarly)
          throw why ?? refused('no-worker', { queue: incidentsQueue }, { cause: error })
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

/** `shodo-42`; anything else cannot be an incident, and must not get into a query or an error of Temporal's. */
export function checkIncident(incident: string): void {
  if (!/^[a-z0-9][a-z0-9-]{0,39}-\d{1,9}$/.test(incident))
    throw refused('unknown-incident', { incident: incident.slice(0, 60) })
}

/** Closed, or never there: Temporal says "not found" to both. Undefined where it is there after all. */
async function absence(temporal: Temporal, incident: string, command: string): Promise<Refused | undefined> {
  try {
    const description = await temporal.connection.withDeadline(Date.now() + 3_000, () =>
      temporal.client.workflow.getHandle(incident).describe(),
    )
    if (description.status.name === 'RUNNING') return undefined
    const phase = searchAttribute(description, 'HikeshiPhase') ?? 'closed'
    return refused('not-open', { incident, phase, command })
  } catch (error) {
    return isGone(error) ? refused('unknown-incident', { incident }) : refusalOf(error, temporal.address)
  }
}
