/** The other half of the whole catalogue. A declared step kind without its hands does not compile. */
import type { Hands } from '../domain/steps/catalogue.ts'
import type { ChangeHand, Plan } from '../domain/steps/contract.ts'
import { aiServerHands } from './ai-server/index.ts'
import type { Connections } from './connections-file.ts'
import { logCountHands } from './evidence/count-lines.ts'
import { httpHands } from './http/index.ts'
import { holdingLeasesIfPossible } from './kubernetes/api/lease.ts'
import { type Kubernetes, kubernetesHands } from './kubernetes/index.ts'
import { restoreHands } from './pgbackrest/index.ts'
import { placeOf } from './pgbackrest/place.ts'
import { postgresHands } from './postgres/index.ts'
import { replicaHands, workloadOfReplica } from './postgres/rebuild-replica.ts'
import { prometheusHands } from './prometheus/index.ts'
import { redisHands } from './redis/index.ts'

/** The systems that the hands reach. */
export type Systems = {
  readonly kubernetes: Kubernetes
  readonly connections: Connections
  /** Those that the worker serves; undefined: any. */
  readonly namespaces?: readonly string[] | undefined
  /** Where the logs of incidents are kept. */
  readonly archive?: string | undefined
}

export function handsOf({ kubernetes, connections, namespaces, archive }: Systems): Hands {
  const leases = { kubernetes, beyond: namespaces?.toSorted()[0] }
  return {
    ...kubernetesHands(kubernetes, connections.usesJobs),
    ...aiServerHands(kubernetes),
    ...oneAtATime(leases, postgresHands(connections, undefined, kubernetes), {
      server: (params) => addressOf('postgres', connections.postgres(connectionIn(params))),
    }),
    ...oneAtATime(leases, replicaHands(kubernetes, connections), { workloads: workloadOfReplica }),
    ...oneAtATime(leases, redisHands(connections, kubernetes), {
      server: (params) => addressOf('redis', connections.redis(connectionIn(params))),
    }),
    ...oneAtATime(leases, restoreHands(placeOf(connections, kubernetes)), {
      server: (params) => stanzaOf(connections, params),
    }),
    ...prometheusHands(connections),
    ...logCountHands(kubernetes, archive),
    ...oneAtATime(leases, httpHands(), { server: (_, { target }) => target }),
  }
}

type Leases = {
  readonly kubernetes: Kubernetes
  /**
   * Where the Leases of what is outside of Kubernetes lie: two runbooks in two namespaces reach one server, so these lie in the first of
   * the worker's namespaces, in which it has the same rights as in the others. A worker that serves any namespace has no such place, and
   * workers with other namespaces have another one: between those only the preconditions of the changes stand.
   */
  readonly beyond: string | undefined
}

/** What a change keeps others from meanwhile: a server, by its address, or what its plan names, workloads of the namespace besides. */
type Kept = {
  readonly server?: (params: unknown, plan: Plan) => string
  readonly workloads?: (plan: Plan) => readonly string[]
}

/** Changes of one target, or load on it, by two incidents at once: one of them waits its turn, or is told who is at it. */
function oneAtATime<H extends Partial<Hands>>(leases: Leases, hands: H, kept: Kept): H {
  const entries = Object.entries(hands).map(([kind, hand]) => [
    kind,
    typeof hand === 'function' ? hand : leased(leases, hand as ChangeHand<unknown>, kept),
  ])
  return Object.fromEntries(entries) as H
}

function leased<P>(
  { kubernetes, beyond }: Leases,
  hand: ChangeHand<P>,
  { server, workloads = () => [] }: Kept,
): ChangeHand<P> {
  return {
    ...hand,
    run: (params, plan, context, usableUntilMs) => {
      const work = () => hand.run(params, plan, context, usableUntilMs)
      if (server === undefined)
        return holdingLeasesIfPossible(kubernetes, [plan.target, ...workloads(plan)], context, work)
      const namespace = beyond ?? context.namespace
      return holdingLeasesIfPossible(kubernetes, [server(params, plan)], { ...context, namespace }, work)
    },
  }
}

function connectionIn(params: unknown): string {
  return (params as { readonly connection: string }).connection
}

/** Whatever a restore does to a stanza, it does alone. */
function stanzaOf(connections: Connections, params: unknown): string {
  const { stanza } = connections.pgbackrest((params as { readonly backups: string }).backups)
  return `pgbackrest/${stanza}`
}

/** Two connections of the file may lead to one server. */
function addressOf(system: string, { host, port }: { readonly host: string; readonly port: number }): string {
  return `${system}/${host.toLowerCase()}:${port}`
}
