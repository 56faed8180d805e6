import { Context } from '@temporalio/activity'
import type { PageCall, PageSent } from '../../domain/escalation/page.ts'
import type { Pulse } from '../pulse.ts'
import { type Channels, unsent } from './channel.ts'

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
    async sendPage(call) {
      const { signal, beat } = life()
      const channel = channels.get(call.channel)
      if (channel === undefined) {
        throw unsent('channel-unknown', {
          channel: call.channel,
          known: [...channels.keys()].join(', ') || 'none',
        })
      }
      // Cancelled between being scheduled and being started: nobody may be paged for nothing.
      signal.throwIfAborted()
      beat({ key: call.key })
      const timer = setInterval(() => beat({ key: call.key }), beatEveryMs)
      try {
        return await channel.send(call, { signal, now })
      } finally {
        clearInterval(timer)
      }
    },
  }
}

function activityLife(): Pulse {
  const context = Context.current()
  return { signal: context.cancellationSignal, beat: (detail) => context.heartbeat(detail) }
}
