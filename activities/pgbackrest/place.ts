/** What the hands of a restore reach: the station of each entry of the connections file, the live servers, and Kubernetes where that runs them. */
import type { Connections, PgbackrestSettings } from '../connections-file.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { type Postgres, postgresAt } from '../postgres/client.ts'
import { localStation, type Station } from './station.ts'

export type At = { readonly station: Station; readonly settings: PgbackrestSettings }

export type Place = {
  /** Refuses `unknown-connection`. */
  readonly of: (backups: string) => At
  readonly connections: Connections
  readonly postgres: Postgres
  readonly kubernetes: Kubernetes
}

export function placeOf(connections: Connections, kubernetes: Kubernetes): Place {
  return {
    of: (backups) => {
      const found = connections.pgbackrest(backups)
      const { user, database } = connections.postgres(found.primary)
      const settings = { ...found, login: { user, database } }
      return { station: localStation(settings.as), settings }
    },
    connections,
    postgres: postgresAt(connections),
    kubernetes,
  }
}
