import { Context } from '@temporalio/activity'
import type { ApplicationFailure } from '@temporalio/common'
import { z } from 'zod'
import type { Channels } from '../../channels/channel.ts'
import { type Failure, failure } from '../../domain/failures.ts'
import { service } from '../../domain/incident/commands.ts'
import type { PageCall, PageSent } from '../../domain/incident/fold/page.ts'
import { incidentId, name } from '../../domain/names.ts'
import { longestChecklist } from '../../domain/runbook/runbook.ts'
import { actor, none, pageReasons, severities, text } from '../../domain/words.ts'
import { Refused } from '../../edge/refused.ts'
import { carrying } from '../../wire/carrying.ts'
import { head, parser } from '../calls.ts'
import type { Pulse } from '../pulse.ts'

/** It goes out signed, as a page of ours: of an incident, in the shape that a page has, and no longer than one. */
const pageCall = parser(
  'sendPage',
  z.object({
    key: z.string().min(1).max(400),
    incident: incidentId,
    level: z.string().min(1).max(60),
    reason: z.enum(pageReasons),
    person: z.string().min(1).max(60),
    channel: z.string().min(1).max(60),
    attempt: z.number().int().min(1),
    severity: z.enum(severities),
    service,
    symptom: name.optional(),
    step: z.string().min(1).max(100).optional(),
    message: z.strictObject({ by: actor, text: z.string().max(1_000) }).optional(),
    items: z
      .array(name)
      .max(2 * longestChecklist)
      .optional(),
    description: z.string().max(1_000),
    says: text,
    declaredBy: actor,
    dueMs: z.number(),
    timezone: z.string().max(60),
    head,
  }),
)

export type NotifyActivities = {
  readonly sendPage: (call: PageCall) => Promise<PageSent>
}

/** Half of the shortest heartbeat timeout that makes sense for a page: a dead worker is noticed, a slow channel is not. */
const beatEveryMs = 1_000

/** The hands that call people. `life` is Temporal's heartbeat and cancellation; tests bring their own. */
export function notifyActivities({
  channels,
  now,
  life = activityLife,
}: {
  readonly channels: Channels
  readonly now: () => number
  readonly life?: () => Pulse
}): NotifyActivities {
  return {
    async sendPage(given) {
      const call = pageCall(given) as PageCall
      const { signal, beat } = life()
      const channel = channels.get(call.channel)
      if (channel === undefined) {
        const known = [...channels.keys()].join(', ') || none
        throw unsent(failure('channel-unknown', { channel: call.channel, known }))
      }
      // Cancelled between being scheduled and being started: nobody may be paged for nothing.
      signal.throwIfAborted()
      beat({ key: call.key })
      const timer = setInterval(() => beat({ key: call.key }), beatEveryMs)
      try {
        return await channel.page(call, { signal, now })
      } catch (error) {
        throw error instanceof Refused ? unsent(error.failure) : error
      } finally {
        clearInterval(timer)
      }
    },
  }
}

/** Never tried again by Temporal, also where the list says that it can help: about the next attempt the incident decides. */
function unsent(found: Failure): ApplicationFailure {
  return carrying(found, { retryable: false })
}

function activityLife(): Pulse {
  const context = Context.current()
  return { signal: context.cancellationSignal, beat: (detail) => context.heartbeat(detail) }
}
