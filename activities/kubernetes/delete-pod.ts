import type { V1Pod } from '@kubernetes/client-node'
import type { StepContext } from '../../domain/steps/contract.ts'
import { pulse } from '../pulse.ts'
import { isRefusal, refuse } from '../refusal.ts'
import type { Kubernetes, Raw } from './client.ts'
import { podState } from './pod-state.ts'

/** A pod as it was planned: `ready` says what was told to those who approved. */
export type PlannedPod = { readonly name: string; readonly uid: string; readonly ready: boolean }

/** gone: the pod of this UID is not there any more. spared: it was not Ready when it was planned, and is Ready now. */
export type Deletion = 'deleted' | 'gone' | 'spared'

const mostTries = 5

/**
 * Deletes one pod by its UID. The version goes along where the pod must still be not Ready: taking down a pod that has
 * recovered would be more than what was planned. With `dryRun` only asks whether it may.
 */
export async function deletePod(
  kubernetes: Kubernetes,
  context: StepContext,
  planned: PlannedPod,
  dryRun = false,
): Promise<Deletion> {
  const { name, uid, ready } = planned
  for (let attempt = 1; attempt <= mostTries; attempt++) {
    const found = await readPod(kubernetes, context, name)
    if (found === undefined || found.metadata?.uid !== uid || found.metadata.deletionTimestamp) return 'gone'
    if (!ready && podState(found).ready) return 'spared'
    const version = ready ? {} : { resourceVersion: found.metadata.resourceVersion ?? '' }
    // In the body: beside a body the API server ignores `?dryRun=All`, and deletes.
    const rehearsal = dryRun ? { dryRun: ['All'] } : {}
    try {
      await kubernetes.call({
        verb: 'delete',
        resource: 'pods',
        target: `pod/${context.namespace}/${name}`,
        context,
        ask: ({ core }, options) =>
          core.deleteNamespacedPod(
            {
              name,
              namespace: context.namespace,
              body: { preconditions: { uid, ...version }, ...rehearsal },
            },
            options,
          ),
      })
      pulse().beat({ deleted: name })
      return 'deleted'
    } catch (error) {
      if (isRefusal(error, 'target-not-found')) return 'gone'
      if (!isRefusal(error, 'target-changed')) throw error
    }
  }
  return refuse('kubernetes-refused', {
    action: 'delete',
    target: `pod/${context.namespace}/${name}`,
    reason: `its status changed ${mostTries} times in a row`,
  })
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
      target: `pod/${namespace}/${name}`,
      context,
      ask: ({ core }, options) => core.readNamespacedPod({ name, namespace }, options),
    })
  } catch (error) {
    if (isRefusal(error, 'target-not-found')) return undefined
    throw error
  }
}
