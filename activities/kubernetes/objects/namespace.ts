import type { V1StatefulSet } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { objectName } from '../../../domain/steps/subject.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { isRefusal } from '../../refusal.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { listAll } from '../api/list.ts'
import { type DeploymentState, deploymentState, type Revision, revisionOf } from './deployment.ts'
import { type PodState, podState } from './pod-state.ts'

/** What makes pods and says how many it wants. */
export type Controller = {
  readonly target: string
  readonly wanted: number
  /** Of its pods. */
  readonly labels: Readonly<Record<string, string>>
  /** Why it may not make pods, in Kubernetes' own words; empty when it may, and where it does not say. */
  readonly refused: string
  /** How long it may go without progress before it gives up. */
  readonly progressMs: number
}

/** Workloads with their pods, read in parallel; at most 10,000 objects of a kind. */
export type NamespaceState = {
  readonly deployments: readonly DeploymentState[]
  /** Undefined where the worker may not list them. */
  readonly statefulSets: readonly Controller[] | undefined
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
  const [deployments, revisions, statefulSets, pods] = await Promise.all([
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
    readStatefulSets(kubernetes, context),
    readPods(kubernetes, context, labelSelector),
  ])
  return {
    deployments: deployments.items.map((object) => deploymentState(object, revisions.items)),
    statefulSets: statefulSets?.items,
    pods: pods.items,
    cut: deployments.cut || revisions.cut || pods.cut || (statefulSets?.cut ?? false),
  }
}

/** The right to see them is not needed for anything else, so a worker without it sees the rest. */
async function readStatefulSets(kubernetes: Kubernetes, context: StepContext) {
  const { namespace } = context
  try {
    return await listAll(
      kubernetes,
      { resource: 'statefulsets', target: `statefulsets/${namespace}`, context },
      ({ apps }, page, options) => apps.listNamespacedStatefulSet({ namespace, ...page }, options),
      ({ metadata, spec }: Raw<V1StatefulSet>): Controller => ({
        target: objectName('statefulset', namespace, metadata?.name ?? ''),
        wanted: spec?.replicas ?? 1,
        labels: spec?.template.metadata?.labels ?? {},
        refused: '',
        progressMs: defaultProgressMs,
      }),
    )
  } catch (error) {
    if (isRefusal(error, 'forbidden')) return undefined
    throw error
  }
}

/** progressDeadlineSeconds where nothing is said, and of what has none. */
const defaultProgressMs = 600_000

/** Deployments and StatefulSets alike. */
export function controllersIn({
  deployments,
  statefulSets = [],
}: Pick<NamespaceState, 'deployments' | 'statefulSets'>): readonly Controller[] {
  return [...deployments.map(controllerOf), ...statefulSets]
}

function controllerOf({ target, wanted, object }: DeploymentState): Controller {
  const failure = object.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  )
  return {
    target,
    wanted,
    labels: object.spec?.template.metadata?.labels ?? {},
    refused: plainLine(failure?.message ?? ''),
    progressMs: progressMsOf(object),
  }
}

export function progressMsOf({ spec }: DeploymentState['object']): number {
  return spec?.progressDeadlineSeconds === undefined
    ? defaultProgressMs
    : spec.progressDeadlineSeconds * 1_000
}

/** A workload without any pod is matched by the labels that its pods would have. */
export function isSelected({ labels }: Pick<Controller, 'labels'>, selector: string | undefined): boolean {
  if (selector === undefined) return true
  return selector.split(',').every((part) => {
    const [key = '', value] = part.split('=')
    return labels[key] === value
  })
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
    : objectName('pod', namespace, pod.name)
}

/** UIDs of ReplicaSets with the Deployment that owns them. */
export function ownersOf(deployments: readonly DeploymentState[]): Map<string, DeploymentState> {
  return new Map(
    deployments.flatMap((deployment) =>
      deployment.revisions.map((revision: Revision) => [revision.uid, deployment] as const),
    ),
  )
}
