import { activityInfo } from '@temporalio/activity'
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common'

type Activity = (...args: never[]) => Promise<unknown>

/**
 * Every activity's answer says which attempt brought it (a page's repeat across a worker's death is marked in the timeline) and when
 * it ended: a recorded time, which a re-execution reads again. docs/adr/0005-recorded-times.md says why the workflow's own clock
 * is not enough.
 */
export function withAttempt(activities: Readonly<Record<string, Activity>>): Record<string, Activity> {
  return Object.fromEntries(
    Object.entries(activities).map(([name, activity]): [string, Activity] => [
      name,
      async (...args) => {
        try {
          return { value: await activity(...args), attempt: activityInfo().attempt, endedAtMs: Date.now() }
        } catch (error) {
          throw error instanceof ApplicationFailure ? dated(error) : error
        }
      },
    ]),
  )
}

/** The same failure with the time as its last detail. What a target refuses is an answer, not a defect: no warning in the logs. */
function dated(error: ApplicationFailure): ApplicationFailure {
  const { message, type, nonRetryable, details, cause } = error
  return ApplicationFailure.create({
    message,
    type: type ?? null,
    nonRetryable: nonRetryable ?? false,
    details: [...(details ?? []), { endedAtMs: Date.now() }],
    category: ApplicationFailureCategory.BENIGN,
    ...(cause === undefined ? {} : { cause }),
  } as Parameters<typeof ApplicationFailure.create>[0])
}
