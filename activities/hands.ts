/** The other half of the whole catalogue. A declared step kind without its hands does not compile. */
import type { Catalogue, KindName } from '../domain/steps/catalogue.ts'
import type { HandOf } from '../domain/steps/contract.ts'
import { aiServerHands } from './ai-server/index.ts'
import type { Connections } from './connections.ts'
import { httpHands } from './http/index.ts'
import { type Kubernetes, kubernetesHands } from './kubernetes/index.ts'
import { postgresHands } from './postgres/index.ts'
import { replicaHands } from './postgres/rebuild-replica.ts'
import { redisHands } from './redis/index.ts'

export { type StepActivity, type StepGuards, stepActivities } from './step-activities.ts'

export type Hands = { readonly [K in KindName]: HandOf<Catalogue[K]> }

/** The systems that the hands reach. */
export type Systems = { readonly kubernetes: Kubernetes; readonly connections: Connections }

export function handsOf({ kubernetes, connections }: Systems): Hands {
  return {
    ...kubernetesHands(kubernetes),
    ...aiServerHands(kubernetes),
    ...postgresHands(connections),
    ...replicaHands(kubernetes, connections),
    ...redisHands(connections),
    ...httpHands(),
  }
}
