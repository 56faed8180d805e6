/**
 * The proof that a pod holds the replica and not the primary. The one thing that must never happen: the pod with the only good data is
 * taken for the replica. Names prove nothing: after a failover they lead elsewhere, and pod and connections are named apart.
 */

import type { V1Pod } from '@kubernetes/client-node'
import type { StepContext } from '../../domain/steps/contract.ts'
import { objectName } from '../../domain/steps/subject.ts'
import type { Text } from '../../domain/words.ts'
import type { Connections } from '../connections-file.ts'
import type { Kubernetes, Raw } from '../kubernetes/api/client.ts'
import { listAll } from '../kubernetes/api/list.ts'
import { pulse } from '../pulse.ts'
import { isRefusal, refuse } from '../refusal.ts'
import type { Postgres } from './client.ts'
import { isSame, type Server, serverAt, serverIn } from './server.ts'
import { podSession } from './through-pod.ts'

export type Reaching = {
  readonly kubernetes: Kubernetes
  readonly connections: Connections
  readonly postgres: Postgres
}

export type Names = { readonly pod: string; readonly primary: string; readonly replica: string }

export type Proven = {
  readonly primary: Server
  /** Undefined when it does not answer, which is a reason to rebuild it. */
  readonly replica: Server | undefined
  /** Whether the servers tell the addresses of pods; behind a proxy of the pod they do not. */
  readonly byAddress: boolean
}

const answersWithinMs = 4_000

/**
 * Both servers are asked, and the pod: by its addresses and by psql in it, as far as the worker may. Refuses with pod-is-primary,
 * pod-not-proven, identity-missing, precondition-failed, and with what the primary answers.
 */
export async function proveReplica(
  reaching: Reaching,
  names: Names,
  pod: Raw<V1Pod>,
  context: StepContext,
): Promise<Proven> {
  const { postgres } = reaching
  const primary = await serverAt(postgres, names.primary, context)
  const replica = await replicaAt(postgres, names.replica, context)
  const inside = isRunning(pod) ? await serverInside(reaching, names, context) : undefined
  refuseOther(names, primary, replica, context)
  const own = addressesOf(pod)
  const isAt = ({ address }: Server) => address !== null && own.includes(address)
  if (isAt(primary) || (inside !== undefined && (isSame(inside, primary) || !inside.recovering)))
    refuse('pod-is-primary', { pod: names.pod })
  const isReplica =
    replica === undefined
      ? inside?.system === primary.system ||
        !isRunning(pod) ||
        (await isInAnother(reaching.kubernetes, names.pod, primary, context))
      : inside === undefined
        ? isAt(replica)
        : isSame(inside, replica)
  if (!isReplica)
    refuse('pod-not-proven', {
      ...names,
      addresses: own.join(', ') || '?',
      replicaAddress: replica?.address ?? '?',
      primaryAddress: primary.address ?? '?',
    })
  return { primary, replica, byAddress: replica !== undefined && isAt(replica) }
}

async function replicaAt(postgres: Postgres, replica: string, context: StepContext) {
  try {
    return await serverAt(postgres, replica, context)
  } catch (error) {
    pulse().signal.throwIfAborted()
    // It answers, and hides who it is.
    if (isRefusal(error, 'identity-missing')) throw error
    return undefined
  }
}

/** As psql in the pod sees it, over the socket there; undefined where none answers, or the worker may not ask. */
async function serverInside({ kubernetes, connections }: Reaching, names: Names, context: StepContext) {
  const { pod: way, ...settings } = connections.postgres(names.replica)
  const session = podSession({
    kubernetes,
    connection: names.replica,
    context,
    settings: { ...settings, pod: { name: names.pod, user: way?.user ?? 'postgres' } },
    readOnly: true,
    withinMs: answersWithinMs,
  })
  try {
    return await serverIn(session, names.replica)
  } catch {
    pulse().signal.throwIfAborted()
    return undefined
  }
}

function refuseOther(names: Names, primary: Server, replica: Server | undefined, context: StepContext) {
  const target = objectName('pod', context.namespace, names.pod)
  const no = (reason: Text) => refuse('precondition-failed', { target, reason })
  if (primary.recovering)
    no({
      en: `${names.primary} is itself a replica, so it cannot be copied from`,
      ja: `${names.primary} 自体がレプリカで、複製元になりません`,
    })
  if (replica === undefined) return
  if (!replica.recovering)
    no({
      en: `${names.replica} accepts writes, so it is not a replica`,
      ja: `${names.replica} は書き込みを受け付けており、レプリカではありません`,
    })
  if (replica.system !== primary.system)
    no({
      en: `${names.replica} and ${names.primary} belong to different clusters`,
      ja: `${names.replica} は ${names.primary} とは別のクラスターのものです`,
    })
}

/** Of a pod in its node's network the address is the node's, and that of others there. */
export function addressesOf({ spec, status }: Raw<V1Pod>): readonly string[] {
  if (spec?.hostNetwork) return []
  const all = [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)]
  return [...new Set(all.filter((ip) => ip !== undefined && ip !== ''))] as string[]
}

/** A pod none of whose containers runs holds no server that answers. */
function isRunning({ status }: Raw<V1Pod>): boolean {
  const containers = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  return containers.some(({ state }) => state?.running !== undefined)
}

async function isInAnother(
  kubernetes: Kubernetes,
  pod: string,
  { address }: Server,
  context: StepContext,
): Promise<boolean> {
  if (address === null) return false
  const { namespace } = context
  const { items } = await listAll(
    kubernetes,
    { resource: 'pods', target: `pods/${namespace}`, context },
    ({ core }, page, options) =>
      core.listNamespacedPod({ namespace, fieldSelector: `status.podIP=${address}`, ...page }, options),
    (found) => found.metadata?.name !== pod && addressesOf(found).includes(address),
  )
  return items.includes(true)
}
