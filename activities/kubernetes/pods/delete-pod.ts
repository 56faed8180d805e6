import type { V1Pod } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { objectName } from '../../../domain/steps/subject.ts'
import { pulse } from '../../pulse.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { podState } from '../objects/pod-state.ts'

/** A pod as it was planned: `ready` says what was told to those who approved. */
export type PlannedPod = { readonly name: string; readonly uid: string; readonly ready: boolean }

/** gone: the pod of this UID is not there any more. spared: it was not Ready when it was planned, and is Ready now. */
export type Deletion = 'deleted' | 'gone' | 'spared'

const mostTries = 5

/**
 * Deletes one pod by its UID. A Ready pod goes through the eviction API, so that the PodDisruptionBudget of its application holds.
 * One that is not Ready is deleted straight away: it serves nobody, so nothing that the budget promises is taken, and with the usual
 * unhealthyPodEvictionPolicy (IfHealthyBudget) an eviction would be forbidden just when too many pods are broken, which is
 * what such a deletion repairs. The version goes along then: what has recovered meanwhile must not be taken unasked.
 * With `dryRun` only asks whether it may. Errors: disruption-budget, and those of the client.
 */
export async function deletePod(
  kubernetes: Kubernetes,
  context: StepContext,
  planned: PlannedPod,
  dryRun = false,
): Promise<Deletion> {
  const { name } = planned
  for (let attempt = 1; attempt <= mostTries; attempt++) {
    const found = await readPlanned(kubernetes, context, planned)
    if (found === undefined) return 'gone'
    const { ready } = podState(found)
    if (!planned.ready && ready) return 'spared'
    try {
      if (ready) await evict(kubernetes, context, planned, dryRun)
      else await remove(kubernetes, context, planned, found.metadata?.resourceVersion ?? '', dryRun)
      pulse().beat({ deleted: name })
      return 'deleted'
    } catch (error) {
      if (isRefusal(error, 'target-not-found')) return 'gone'
      if (!isRefusal(error, 'target-changed')) throw error
    }
  }
  return refuse('kubernetes-refused', {
    action: 'delete',
    target: objectName('pod', context.namespace, name),
    reason: {
      en: `its status changed ${mostTries} times in a row`,
      ja: `${mostTries} 回続けて状態が変わりました`,
    },
  })
}

async function evict(
  kubernetes: Kubernetes,
  context: StepContext,
  { name, uid }: PlannedPod,
  dryRun: boolean,
): Promise<void> {
  const { namespace } = context
  const deleteOptions = { preconditions: { uid }, ...rehearsal(dryRun) }
  await kubernetes.call({
    verb: 'create',
    resource: 'pods/eviction',
    target: objectName('pod', namespace, name),
    context,
    ask: ({ core }, options) =>
      core.createNamespacedPodEviction(
        { name, namespace, body: { metadata: { name, namespace }, deleteOptions } },
        options,
      ),
  })
}

async function remove(
  kubernetes: Kubernetes,
  context: StepContext,
  { name, uid }: PlannedPod,
  resourceVersion: string,
  dryRun: boolean,
): Promise<void> {
  const { namespace } = context
  await kubernetes.call({
    verb: 'delete',
    resource: 'pods',
    target: objectName('pod', namespace, name),
    context,
    ask: ({ core }, options) =>
      core.deleteNamespacedPod(
        { name, namespace, body: { preconditions: { uid, resourceVersion }, ...rehearsal(dryRun) } },
        options,
      ),
  })
}

/** In the body: beside a body the API server ignores `?dryRun=All`, and deletes. */
function rehearsal(dryRun: boolean) {
  return dryRun ? { dryRun: ['All'] } : {}
}

/** The pod of this very UID; undefined where it is gone, or on its way. */
export async function readPlanned(
  kubernetes: Kubernetes,
  context: StepContext,
  { name, uid }: Pick<PlannedPod, 'name' | 'uid'>,
): Promise<Raw<V1Pod> | undefined> {
  const found = await readPod(kubernetes, context, name)
  return found?.metadata?.uid === uid && !found.metadata.deletionTimestamp ? found : undefined
}

export async function readPod(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
): Promise<Raw<V1Pod> | undefined> {
  const { namespace } = context
  try {
    return await kubernetes.call({
      verb: 'get',
      resource: 'pods',
      target: objectName('pod', namespace, name),
      context,
      ask: ({ core }, options) => core.readNamespacedPod({ name, namespace }, options),
    })
  } catch (error) {
    if (isRefusal(error, 'target-not-found')) return undefined
    throw error
  }
}
