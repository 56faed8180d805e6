import { activityInfo } from '@temporalio/activity'

type Activity = (...args: never[]) => Promise<unknown>

/** Every activity's answer says which attempt brought it: a page's repeat across a worker's death is marked in the timeline. */
export function withAttempt(activities: Readonly<Record<string, Activity>>): Record<string, Activity> {
  return Object.fromEntries(
    Object.entries(activities).map(([name, activity]): [string, Activity] => [
      name,
      async (...args) => ({ value: await activity(...args), attempt: activityInfo().attempt }),
    ]),
  )
}
