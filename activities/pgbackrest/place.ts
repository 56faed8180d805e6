/** What the hands of a restore reach: the station of each entry of the connections file, the live servers, and Kubernetes where that runs them. */
import type { StepContext } from '../../domain/steps/contract.ts'
import type { Words } from '../../domain/words.ts'
import type { Connections, PgbackrestSettings } from '../connections-file.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { readStatefulSet } from '../kubernetes/deployments/stateful-set.ts'
import { whyDown } from '../kubernetes/jobs/why-not-started.ts'
import { type Postgres, postgresAt } from '../postgres/client.ts'
import { refuse } from '../refusal.ts'
import { localStation } from './station/local-station.ts'
import { podStation } from './station/pod-station.ts'
import type { Station } from './station/station.ts'

export type At = {
  readonly station: Station
  readonly settings: PgbackrestSettings
  /** Where the station stands in a pod of its own, beside the live server's. */
  readonly beside?: {
    /** Pods that the live server has or is about to have: its processes are not seen from another pod, and their numbers mean others there. */
    readonly livePods: () => Promise<number>
    /** Why the live server's pod has not started, as Kubernetes says it; undefined where it has, or that is not said. */
    readonly whyDown: () => Promise<Words | undefined>
    /** Lets the volumes go: the live server's pod may come up on another node. */
    readonly leave: () => Promise<void>
    /** What was wanted of it is done: it ends, unless something that was begun there still runs. */
    readonly rest: () => Promise<void>
  }
}

export type Place = {
  /** Refuses `unknown-connection`, and `not-served` where the entry is of another namespace than the incident. */
  readonly of: (backups: string, context: StepContext) => At
  readonly connections: Connections
  readonly postgres: Postgres
  readonly kubernetes: Kubernetes
}

export function placeOf(connections: Connections, kubernetes: Kubernetes): Place {
  return {
    of: (backups, context) => {
      const found = connections.pgbackrest(backups)
      refuseElsewhere(backups, found, context)
      const { user, database } = connections.postgres(found.primary)
      const settings = { ...found, login: { user, database } }
      const { statefulSet, job } = settings
      if (statefulSet === undefined || job === undefined)
        return { station: localStation(settings.as), settings }
      const { station, leave, rest } = podStation(kubernetes, context, backups, {
        ...settings,
        statefulSet,
        job,
      })
      const livePods = async () => {
        const { wanted, pods } = await readStatefulSet(kubernetes, context, statefulSet)
        return Math.max(wanted, pods)
      }
      return {
        station,
        settings,
        beside: { livePods, whyDown: () => whyDown(kubernetes, context, statefulSet), leave, rest },
      }
    },
    connections,
    postgres: postgresAt(connections),
    kubernetes,
  }
}

/** The same name of a StatefulSet is another database in another namespace: any runbook can name the entry, and only incidents of its namespace may use it. */
function refuseElsewhere(
  backups: string,
  { namespace }: Pick<PgbackrestSettings, 'namespace'>,
  context: StepContext,
): void {
  if (namespace === undefined || namespace === context.namespace) return
  refuse('not-served', {
    what: `${backups} in namespace ${context.namespace}`,
    own: `${backups} in namespace ${namespace}`,
  })
}
