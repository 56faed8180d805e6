import type { HandOf, ReadHand } from '../../domain/steps/contract.ts'
import type { countSteps } from '../../domain/steps/count.ts'
import type { dataSteps } from '../../domain/steps/data.ts'
import type { postgresSteps } from '../../domain/steps/postgres.ts'
import type { Connections } from '../connections-file.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { readAccess } from './access.ts'
import { readBackends } from './backends.ts'
import { type Limits, type Postgres, postgresAt } from './client.ts'
import { readCount } from './count.ts'
import { readLag } from './lag.ts'
import { readReady } from './ready.ts'
import { readReplication } from './replication.ts'
import { readSlowQueries } from './slow-queries.ts'
import { terminateIdleHand } from './terminate-idle.ts'
import { readData } from './verify-data.ts'

type PostgresSteps = typeof postgresSteps & typeof dataSteps & Pick<typeof countSteps, 'postgres.count'>
type PostgresHands = { readonly [K in keyof PostgresSteps]: HandOf<PostgresSteps[K]> }

export function postgresHands(
  connections: Connections,
  limits?: Limits,
  kubernetes?: Kubernetes,
): PostgresHands {
  const postgres = postgresAt(connections, limits, kubernetes)
  return {
    'postgres.ready': reading(postgres, readReady),
    'postgres.connections': reading(postgres, readBackends),
    'postgres.replication': reading(postgres, readReplication),
    'postgres.lag': reading(postgres, readLag),
    'postgres.slow-queries': reading(postgres, readSlowQueries),
    'postgres.access': (params, context) => readAccess(connections, params, context),
    'postgres.verify-data': (params, context) => readData(connections, params, context),
    'postgres.count': (params, context) => readCount(connections, params, context),
    'postgres.terminate-idle': terminateIdleHand(postgres),
  }
}

function reading<P>(
  postgres: Postgres,
  read: (postgres: Postgres, ...call: Parameters<ReadHand<P>>) => ReturnType<ReadHand<P>>,
): ReadHand<P> {
  return (params, context) => read(postgres, params, context)
}
