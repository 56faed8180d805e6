import { activityInfo, type Info } from '@temporalio/activity'
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common'
import { present } from '../domain/present.ts'
import { ServerClock } from './server-clock.ts'

type Activity = (...args: never[]) => Promise<unknown>

/**
 * Every activity's answer, a refusal as well, says which attempt brought it (a page's repeat across a worker's death is marked in the
 * timeline; what a second attempt found says nothing about what the first one did) and when it ended: a recorded time, which a
 * re-execution reads again. docs/adr/0005-recorded-times.md says why the workflow's own clock is not enough.
 *
 * The time is the server's, not this machine's: a worker whose clock is an hour ahead would call everybody.
 */
export function withAttempt(
  activities: Readonly<Record<string, Activity>>,
  clock = new ServerClock(),
  infoOf: () => Pick<Info, 'attempt' | 'currentAttemptScheduledTimestampMs'> = activityInfo,
): Record<string, Activity> {
  return Object.fromEntries(
    Object.entries(activities).map(([name, activity]): [string, Activity] => [
      name,
      async (...args) => {
        const { attempt, currentAttemptScheduledTimestampMs } = infoOf()
        const nowMs = clock.heard(currentAttemptScheduledTimestampMs)
        const told = () => ({ attempt, endedAtMs: nowMs() })
        try {
          return { value: await activity(...args), ...told() }
        } catch (error) {
          throw error instanceof ApplicationFailure ? withLast(error, told()) : error
        }
      },
    ]),
  )
}

/** The same failure with one more detail. What a target refuses is an answer, not a defect: no warning in the logs. */
function withLast(error: ApplicationFailure, detail: unknown): ApplicationFailure {
  const { message, type, nonRetryable, details, cause } = error
  return ApplicationFailure.create({
    message,
    type: type ?? null,
    nonRetryable: nonRetryable ?? false,
    details: [...(details ?? []), detail],
    category: ApplicationFailureCategory.BENIGN,
    ...present({ cause }),
  } as Parameters<typeof ApplicationFailure.create>[0])
}
