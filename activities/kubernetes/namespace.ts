import type { StepContext } from '../../domain/steps/contract.ts'
import type { Kubernetes } from './client.ts'
import { type DeploymentState, deploymentState, type Revision, revisionOf } from './deployment.ts'
import { listAll } from './list.ts'
import { type PodState, podState } from './pod-state.ts'

/** Deployments with their ReplicaSets and pods, read in parallel; at most 10,000 objects of a kind. */
export type NamespaceState = {
  readonly deployments: readonly DeploymentState[]
  readonly pods: readonly PodState[]
  /** True when there was more than could be read. */
  readonly cut: boolean
}

export async function readNamespace(
  kubernetes: Kubernetes,
  context: StepContext,
  selector?: string,
): Promise<NamespaceState> {
  const { namespace } = context
  const about = (resource: string) => ({ resource, target: `${resource}/${namespace}`, context })
  const labelSelector = selector === undefined ? {} : { labelSelector: selector }
  const [deployments, revisions, pods] = await Promise.all([
    listAll(
      kubernetes,
      about('deployments'),
      ({ apps }, page, options) => apps.listNamespacedDeployment({ namespace, ...page }, options),
      (item) => item,
    ),
    listAll(
      kubernetes,
      about('replicasets'),
      ({ apps }, page, options) => apps.listNamespacedReplicaSet({ namespace, ...page }, options),
      revisionOf,
    ),
    readPods(kubernetes, context, labelSelector),
  ])
  return {
    deployments: deployments.items.map((object) => deploymentState(object, revisions.items)),
    pods: pods.items,
    cut: deployments.cut || revisions.cut || pods.cut,
  }
}

export function readPods(
  kubernetes: Kubernetes,
  context: StepContext,
  filter: { readonly labelSelector?: string; readonly fieldSelector?: string },
) {
  const { namespace } = context
  return listAll(
    kubernetes,
    { resource: 'pods', target: podsTarget(namespace, filter.labelSelector), context },
    ({ core }, page, options) => core.listNamespacedPod({ namespace, ...filter, ...page }, options),
    podState,
  )
}

export function podsTarget(namespace: string, selector = ''): string {
  return `pods/${namespace}${selector === '' ? '' : `/${selector}`}`
}

/** What a pod belongs to, as findings and Leases name it: its Deployment, else its direct owner, else itself. */
export function workloadOf(
  pod: PodState,
  namespace: string,
  owners: ReadonlyMap<string, DeploymentState>,
): string {
  const deployment = pod.owner && owners.get(pod.owner.uid)
  if (deployment) return deployment.target
  return pod.owner
    ? `${pod.owner.kind.toLowerCase()}/${namespace}/${pod.owner.name}`
    : `pod/${namespace}/${pod.name}`
}

/** UIDs of ReplicaSets with the Deployment that owns them. */
export function ownersOf(deployments: readonly DeploymentState[]): Map<string, DeploymentState> {
  return new Map(
    deployments.flatMap((deployment) =>
      deployment.revisions.map((revision: Revision) => [revision.uid, deployment] as const),
    ),
  )
}
