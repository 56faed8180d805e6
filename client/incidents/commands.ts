/** Commands to an incident, and what is said when it is not there to take them. */
import type { CommandInput, CommandType } from '../../domain/incident/commands.ts'
import { incidentId } from '../../domain/names.ts'
import type { Actor } from '../../domain/words.ts'
import { type Refused, refused } from '../../edge/refused.ts'
import { type CommandReceipt, incidentsQueue } from '../../wire/messages.ts'
import { searchAttribute } from '../temporal/attributes.ts'
import type { Temporal } from '../temporal/connect.ts'
import { isGone, refusalOf } from '../temporal/errors.ts'
import { sendUpdate } from '../temporal/updates.ts'
import { isStarting } from './starting.ts'

/** What is asked of an incident, whoever asks: `{ type: 'note', text: … }`. */
export type CommandContent<T extends CommandType = CommandType> = {
  readonly [K in T]: { readonly type: K } & Omit<CommandInput<K>, 'v' | 'id' | 'by'>
}[T]

/** The same with who asks. Version and id are put in on the way. */
export type CommandOrder<T extends CommandType = CommandType> = CommandContent<T> & { readonly by: Actor }

/** The desk starts an incident within moments; a command that comes before is held back this long. */
const startsWithinMs = 10_000

export async function sendCommand(
  temporal: Temporal,
  incident: string,
  { type, ...input }: CommandOrder,
  id: string = crypto.randomUUID(),
): Promise<CommandReceipt> {
  checkIncident(incident)
  const until = Date.now() + startsWithinMs
  for (;;) {
    try {
      return await sendUpdate<CommandReceipt>(temporal, { workflow: incident, name: type, input, id })
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
  if (!incidentId.safeParse(incident).success)
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
