import type { StepContext } from '../../../domain/steps/contract.ts'
import type { Kubernetes } from '../api/client.ts'
import { readDeployment, selectorText } from './deployment.ts'
import { readPods } from './namespace.ts'
import type { PodState } from './pod-state.ts'

export type DeploymentPods = { readonly target: string; readonly pods: readonly PodState[] }

/** The Deployment's own pods that have not ended; also those on their way out. */
export async function podsOfDeployment(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
): Promise<DeploymentPods> {
  const { object, revisions, target } = await readDeployment(kubernetes, context, name)
  const labelSelector = selectorText(object.spec?.selector)
  const owned = new Set(revisions.map((revision) => revision.uid))
  const { items } = await readPods(kubernetes, context, { labelSelector })
  return { target, pods: items.filter((pod) => pod.owner && owned.has(pod.owner.uid) && !pod.ended) }
}
