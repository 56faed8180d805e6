import { Context } from '@temporalio/activity'
import { CancelledFailure } from '@temporalio/common'
import type { Json } from '../domain/words.ts'
import { plainLine } from '../edge/plain-text.ts'
import { carriedBy } from '../wire/carried.ts'
import { type Pulse, withPulse } from './pulse.ts'
import { refuse } from './refusal.ts'

/**
 * Does the work of an activity: signals life all the while, passes the activity's cancellation on, and throws nothing but an entry
 * of the failures list or Temporal's own cancellation. Temporal sends on only as many signs of life as it needs.
 */
export async function alive<T>(name: string, beatEveryMs: number, work: () => Promise<T>): Promise<T> {
  const activity = Context.current()
  let detail: Json = { at: name }
  // Without a heartbeat timeout Temporal wants none; such a call is short.
  const isAwaited = activity.info.heartbeatTimeoutMs !== undefined
  const beat = (newer: Json) => {
    detail = newer
    if (isAwaited) activity.heartbeat(detail)
  }
  const { heartbeatDetails, attempt: number, currentAttemptScheduledTimestampMs: scheduledMs } = activity.info
  const attempt = { before: (heartbeatDetails ?? null) as Json, number, scheduledMs }
  const life: Pulse = { signal: activity.cancellationSignal, beat, attempt }
  const timer = setInterval(() => beat(detail), beatEveryMs)
  try {
    return await withPulse(life, work)
  } catch (error) {
    if (carriedBy(error) !== undefined || error instanceof CancelledFailure) throw error
    return refuse('internal', { where: name, reason: plainLine(String(error), 300) })
  } finally {
    clearInterval(timer)
  }
}
