/** Tells one of the people of a runbook what its rehearsal found: of no incident, so nobody escalates it and nobody has to acknowledge. */
import { z } from 'zod'
import type { Channels, Sending } from '../../channels/channel.ts'
import { type Failure, failure, failures } from '../../domain/failures.ts'
import type { Alarm } from '../../domain/incident/fold/page.ts'
import { runbookName } from '../../domain/names.ts'
import { cutTo, none, system, text } from '../../domain/words.ts'
import { Refused } from '../../edge/refused.ts'
import type { Activities, OwnerCall } from '../../wire/activities.ts'
import { alive } from '../alive.ts'
import { parser, rehearsalId } from '../calls.ts'
import { pulse } from '../pulse.ts'
import { refuse } from '../refusal.ts'

const beatEveryMs = 1_000
const word = z.string().min(1).max(60)
/** As of a page. */
const longestDescription = 1_000

const ownerCall = parser(
  'tellOwner',
  z.object({
    desk: runbookName,
    rehearsal: rehearsalId,
    says: text,
    timezone: word,
    startedMs: z.number(),
    person: word,
    level: word,
    channels: z.array(word).min(1).max(20),
  }),
) as (input: unknown) => OwnerCall

export function ownerActivities(
  channels: Channels,
  now: () => number = Date.now,
): Pick<Activities, 'tellOwner'> {
  return {
    tellOwner: (input) =>
      alive('tellOwner', beatEveryMs, () =>
        tellOwner(channels, ownerCall(input), { signal: pulse().signal, now }),
      ),
  }
}

/**
 * Over the first of their channels that takes it. The same key at every attempt: a provider knows what a worker that died had sent. Where none
 * takes it the whole is tried again, as long as one of them may answer later.
 */
export async function tellOwner(channels: Channels, call: OwnerCall, sending: Sending): Promise<string> {
  const refusals: Failure[] = []
  for (const name of call.channels) {
    const why = await refusalBy(channels, messageOf(call, name), sending)
    if (why === undefined) return name
    refusals.push(why)
  }
  const [first = failure('channel-unknown', { channel: '', known: '' })] = refusals
  const why = refusals.find(({ name }) => failures[name].retryable) ?? first
  return refuse(why.name, why.params)
}

async function refusalBy(channels: Channels, message: Alarm, sending: Sending): Promise<Failure | undefined> {
  const channel = channels.get(message.channel)
  if (channel === undefined) {
    const known = [...channels.keys()].join(', ') || none
    return failure('channel-unknown', { channel: message.channel, known })
  }
  try {
    await channel.page(message, sending)
    return undefined
  } catch (error) {
    if (error instanceof Refused) return error.failure
    throw error
  }
}

function messageOf(
  { desk, rehearsal, says, timezone, startedMs, person, level }: OwnerCall,
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
    description: cutTo(says.en, longestDescription),
    says,
    declaredBy: system,
    dueMs: startedMs,
    timezone,
    head: { seq: 0, hash: '' },
  }
}
