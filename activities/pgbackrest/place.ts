/** What the hands of a restore reach: the station of each entry of the connections file, the live servers, and Kubernetes where that runs them. */
import type { StepContext } from '../../domain/steps/contract.ts'
import type { Connections, PgbackrestSettings } from '../connections-file.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { readStatefulSet } from '../kubernetes/deployments/stateful-set.ts'
import { type Postgres, postgresAt } from '../postgres/client.ts'
import { localStation } from './local-station.ts'
import { podStation } from './pod-station.ts'
import type { Station } from './station.ts'

export type At = {
  readonly station: Station
  readonly settings: PgbackrestSettings
  /** Where the station stands in a pod of its own, beside the live server's. */
  readonly beside?: {
    /** Pods that the live server has or is about to have: its processes are not seen from another pod, and their numbers mean others there. */
    readonly livePods: () => Promise<number>
    /** Lets the volumes go: the live server's pod may come up on another node. */
    readonly leave: () => Promise<void>
  }
}

export type Place = {
  /** Refuses `unknown-connection`. */
  readonly of: (backups: string, context: StepContext) => At
  readonly connections: Connections
  readonly postgres: Postgres
  readonly kubernetes: Kubernetes
}

export function placeOf(connections: Connections, kubernetes: Kubernetes): Place {
  return {
    of: (backups, context) => {
      const found = connections.pgbackrest(backups)
      const { user, database } = connections.postgres(found.primary)
      const settings = { ...found, login: { user, database } }
      const { statefulSet, job } = settings
      if (statefulSet === undefined || job === undefined)
        return { station: localStation(settings.as), settings }
      const { station, leave } = podStation(kubernetes, context, backups, { ...settings, statefulSet, job })
      const livePods = async () => {
        const { wanted, pods } = await readStatefulSet(kubernetes, context, statefulSet)
        return Math.max(wanted, pods)
      }
      return { station, settings, beside: { livePods, leave } }
    },
    connections,
    postgres: postgresAt(connections),
    kubernetes,
  }
}
