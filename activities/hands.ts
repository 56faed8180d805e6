/** The other half of the whole catalogue. A declared step kind without its hands does not compile. */
import type { Catalogue, KindName } from '../domain/steps/catalogue.ts'
import type { ChangeHand, HandOf } from '../domain/steps/contract.ts'
import { aiServerHands } from './ai-server/index.ts'
import type { Connections } from './connections.ts'
import { httpHands } from './http/index.ts'
import { type Kubernetes, kubernetesHands } from './kubernetes/index.ts'
import { holdingLeaseIfPossible } from './kubernetes/lease.ts'
import { postgresHands } from './postgres/index.ts'
import { replicaHands } from './postgres/rebuild-replica.ts'
import { prometheusHands } from './prometheus/index.ts'
import { redisHands } from './redis/index.ts'

export { type StepActivity, type StepGuards, stepActivities } from './step-activities.ts'

export type Hands = { readonly [K in KindName]: HandOf<Catalogue[K]> }

/** The systems that the hands reach. */
export type Systems = { readonly kubernetes: Kubernetes; readonly connections: Connections }

export function handsOf({ kubernetes, connections }: Systems): Hands {
  return {
    ...kubernetesHands(kubernetes),
    ...aiServerHands(kubernetes),
    ...oneAtATime(kubernetes, postgresHands(connections, undefined, kubernetes)),
    ...oneAtATime(kubernetes, replicaHands(kubernetes, connections)),
    ...oneAtATime(kubernetes, redisHands(connections)),
    ...prometheusHands(connections),
    ...oneAtATime(kubernetes, httpHands()),
  }
}

/** Changes of one target, or load on it, by two incidents at once: one of them waits its turn, or is told who is at it. */
function oneAtATime<H extends Partial<Hands>>(kubernetes: Kubernetes, hands: H): H {
  const entries = Object.entries(hands).map(([kind, hand]) => [
    kind,
    typeof hand === 'function' ? hand : leased(kubernetes, hand as ChangeHand<unknown>),
  ])
  return Object.fromEntries(entries) as H
}

function leased<P>(kubernetes: Kubernetes, hand: ChangeHand<P>): ChangeHand<P> {
  return {
    ...hand,
    run: (params, plan, context) =>
      holdingLeaseIfPossible(kubernetes, plan.target, context, () => hand.run(params, plan, context)),
  }
}
