/** Drills as activities of a cluster's worker: what is tried must stand in a runbook that it believes, as with every reading. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { DrillReport } from '../domain/restore/drill.ts'
import { catalogue } from '../domain/steps/catalogue.ts'
import type { ReadCall } from '../domain/steps/contract.ts'
import type { Activities } from '../wire/activities.ts'
import { alive } from './alive.ts'
import { drillCall, parser, readCall } from './calls.ts'
import type { Guard } from './guard.ts'
import { drill } from './pgbackrest/drill/drill.ts'
import { drillReports } from './pgbackrest/drill/drill-reports.ts'
import type { Place } from './pgbackrest/place.ts'

type Drills = {
  readonly place: Place
  readonly guard: Guard
  readonly isUnderWay: (workflow: string) => Promise<boolean>
}

const beatEveryMs = 1_000
/** Checks of a report are up to 50, each with its sentences. */
const listedAtMost = 20

const kind = 'postgres.restore'
const params = parser(kind, catalogue[kind].params)

export function drillActivities({
  place,
  guard,
  isUnderWay,
}: Drills): Pick<Activities, 'drill' | 'drillReports'> {
  const taken = async (call: ReadCall) => {
    guard.place(call.context)
    const given = params(call.params)
    await guard.words(kind, given, call.context)
    return given
  }
  return {
    drill: (input) =>
      alive('drill', beatEveryMs, async (): Promise<DrillReport> => {
        const call = drillCall(input)
        const given = await taken(call)
        const report = await drill(place, given, call.context, { chance: Math.random, isUnderWay })
        await place.of(given.backups, call.context).beside?.rest()
        return report
      }),
    drillReports: (input) =>
      alive('drillReports', beatEveryMs, async () => {
        const call = readCall(input)
        const { backups } = await taken(call)
        return (await drillReports(place.of(backups, call.context))).slice(0, listedAtMost)
      }),
  }
}

/** Whether Temporal has the workflow under way; what it has forgotten is over. */
export function underWayAt({ workflow }: Client): Drills['isUnderWay'] {
  return async (id) => {
    try {
      return (await workflow.getHandle(id).describe()).status.name === 'RUNNING'
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false
      throw error
    }
  }
}
