/** Tells the people of a runbook what its rehearsal found: of no incident, so nobody escalates it and nobody has to acknowledge. */
import { z } from 'zod'
import type { Channel, Channels, Sending } from '../../channels/channel.ts'
import type { Alarm } from '../../domain/incident/fold/page.ts'
import { runbookName } from '../../domain/names.ts'
import { system, text } from '../../domain/words.ts'
import { Refused } from '../../edge/refused.ts'
import type { Activities, OwnersCall } from '../../wire/activities.ts'
import { alive } from '../alive.ts'
import { parser } from '../calls.ts'
import { pulse } from '../pulse.ts'

const beatEveryMs = 1_000
const word = z.string().min(1).max(60)

const ownersCall = parser(
  'tellOwners',
  z.object({
    desk: runbookName,
    rehearsal: z.string().regex(/^rehearse\/[\w-]{1,40}\/[\w.:+-]{1,120}$/),
    says: text,
    timezone: word,
    startedMs: z.number(),
    people: z.array(z.object({ person: word, level: word, channels: z.array(word).min(1).max(20) })).max(50),
  }),
) as (input: unknown) => OwnersCall

export function ownersActivities(
  channels: Channels,
  now: () => number = Date.now,
): Pick<Activities, 'tellOwners'> {
  return {
    tellOwners: (input) =>
      alive('tellOwners', beatEveryMs, () =>
        tellEach(channels, ownersCall(input), { signal: pulse().signal, now }),
      ),
  }
}

/**
 * Each person over the first of their channels that takes it; answers with those who were reached. The same key at every attempt: a provider
 * knows what a worker that died had sent.
 */
export async function tellEach(
  channels: Channels,
  call: OwnersCall,
  sending: Sending,
): Promise<readonly string[]> {
  const reached: string[] = []
  for (const { person, level, channels: names } of call.people)
    for (const name of names)
      if (await isTaken(channels.get(name), messageOf(call, person, level, name), sending)) {
        reached.push(person)
        break
      }
  return reached
}

async function isTaken(channel: Channel | undefined, message: Alarm, sending: Sending): Promise<boolean> {
  try {
    await channel?.page(message, sending)
    return channel !== undefined
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}

function messageOf(
  { desk, rehearsal, says, timezone, startedMs }: OwnersCall,
  person: string,
  level: string,
  channel: string,
): Alarm {
  return {
    key: `${rehearsal}/${person}/${channel}`,
    incident: `desk/${desk}`,
    level,
    reason: 'rehearsal-failed',
    person,
    channel,
    attempt: 1,
    severity: 'LOW',
    service: desk,
    description: says.en,
    says,
    declaredBy: system,
    dueMs: startedMs,
    timezone,
    head: { seq: 0, hash: '' },
  }
}
