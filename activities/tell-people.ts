/** A message of ours to the people on an incident, as a person sends one: its timeline has it, and its pages go out and are tried again as every page. */
import type { Client } from '@temporalio/client'
import { commandVersion } from '../domain/incident/commands.ts'
import { system } from '../domain/words.ts'
import type { TellPeople } from './held-up.ts'

const answersWithinMs = 10_000

export function peopleTold(client: Client): TellPeople {
  return async ({ incident, stepRun }, message) => {
    // The same command, whichever attempt of whichever worker sends it.
    const id = `held-up/${stepRun}`
    const args: [unknown] = [{ v: commandVersion, by: system, id, message }]
    await client.withDeadline(Date.now() + answersWithinMs, () =>
      client.workflow.getHandle(incident).executeUpdate<unknown, [unknown]>('notify', { args, updateId: id }),
    )
  }
}
