import { isDeepStrictEqual } from 'node:util'
import type { V1Deployment, V1LabelSelector, V1PodTemplateSpec, V1ReplicaSet } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { objectName } from '../../../domain/steps/subject.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { listAll } from '../api/list.ts'

export type Template = Raw<V1PodTemplateSpec>

/** One ReplicaSet of a Deployment: a revision that is live or can be gone back to. */
export type Revision = {
  readonly name: string
  readonly uid: string
  readonly ownerUid: string
  /** pod-template-hash: the one name of a revision that a rollback does not change. */
  readonly hash: string
  readonly number: number
  /** Numbers it had before rollbacks gave it a new one. */
  readonly formerNumbers: readonly number[]
  readonly images: readonly string[]
  readonly cause?: string
  readonly createdMs: number
  readonly replicas: number
  readonly ready: number
  readonly annotations: Readonly<Record<string, string>>
  /** Without the label pod-template-hash, so that it is equal to the Deployment's. */
  readonly template: Template
}

export type DeploymentState = {
  readonly name: string
  readonly uid: string
  readonly target: string
  readonly wanted: number
  readonly object: Raw<V1Deployment>
  readonly annotations: Readonly<Record<string, string>>
  /** Newest first. */
  readonly revisions: readonly Revision[]
  /** The revision of the live template; undefined in the moment before the controller has made its ReplicaSet. */
  readonly live?: Revision
}

export function deploymentTarget(namespace: string, name: string): string {
  return objectName('deployment', namespace, name)
}

export async function readDeployment(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
): Promise<DeploymentState> {
  const { namespace } = context
  const target = deploymentTarget(namespace, name)
  const object = await readObject(kubernetes, context, name)
  const labelSelector = selectorText(object.spec?.selector)
  const revisions = await listAll(
    kubernetes,
    { resource: 'replicasets', target, context },
    ({ apps }, page, options) =>
      apps.listNamespacedReplicaSet({ namespace, labelSelector, ...page }, options),
    revisionOf,
  )
  return deploymentState(object, revisions.items)
}

/** The same with the Deployment as it is at this moment: its ReplicaSets take their time to list, and every status makes a new version. */
export async function newest(
  kubernetes: Kubernetes,
  context: StepContext,
  { name, revisions }: DeploymentState,
): Promise<DeploymentState> {
  return deploymentState(await readObject(kubernetes, context, name), revisions)
}

function readObject(kubernetes: Kubernetes, context: StepContext, name: string): Promise<Raw<V1Deployment>> {
  const { namespace } = context
  return kubernetes.call({
    verb: 'get',
    resource: 'deployments',
    target: deploymentTarget(namespace, name),
    context,
    ask: ({ apps }, options) => apps.readNamespacedDeployment({ name, namespace }, options),
  })
}

/** Puts a Deployment and the ReplicaSets that it owns together; ReplicaSets of others are left out. */
export function deploymentState(object: Raw<V1Deployment>, all: readonly Revision[]): DeploymentState {
  const { metadata, spec } = object
  const name = metadata?.name ?? ''
  const uid = metadata?.uid ?? ''
  const revisions = all.filter((r) => r.ownerUid === uid).sort((a, b) => b.number - a.number)
  // As the controller does: of several equal ones the oldest, of those made in one second the first by name.
  const live = revisions
    .filter((r) => isDeepStrictEqual(r.template, spec?.template))
    .sort((a, b) => a.createdMs - b.createdMs || (a.name < b.name ? -1 : 1))[0]
  return {
    name,
    uid,
    target: deploymentTarget(metadata?.namespace ?? '', name),
    wanted: spec?.replicas ?? 1,
    object,
    annotations: metadata?.annotations ?? {},
    revisions,
    ...(live ? { live } : {}),
  }
}

export function revisionOf({ metadata, spec, status }: Raw<V1ReplicaSet>): Revision {
  const annotations = metadata?.annotations ?? {}
  const cause = annotations['kubernetes.io/change-cause']
  const template = withoutHash(spec?.template ?? {})
  return {
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    ownerUid: metadata?.ownerReferences?.find((reference) => reference.controller)?.uid ?? '',
    hash: metadata?.labels?.['pod-template-hash'] ?? '',
    number: Number(annotations['deployment.kubernetes.io/revision'] ?? 0),
    formerNumbers: (annotations['deployment.kubernetes.io/revision-history'] ?? '')
      .split(',')
      .filter((part) => part !== '')
      .map(Number),
    images: (template.spec?.containers ?? []).map((container) => container.image ?? ''),
    ...(cause === undefined ? {} : { cause: plainLine(cause, 200) }),
    createdMs: Date.parse(metadata?.creationTimestamp ?? ''),
    replicas: status?.replicas ?? 0,
    ready: status?.readyReplicas ?? 0,
    annotations,
    template,
  }
}

/** `app=web,tier in (a,b)`, as the API reads it. */
export function selectorText(selector: Raw<V1LabelSelector> | undefined): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values }) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${(values ?? []).join(',')})`
  })
  return [...labels, ...expressions].join(',')
}

function withoutHash(template: Template): Template {
  const { 'pod-template-hash': _, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}
