import type { V1Pod } from '@kubernetes/client-node'
import type { StepContext } from '../../domain/steps/contract.ts'
import { plainLine } from '../plain-text.ts'
import { refuse } from '../refusal.ts'
import type { Kubernetes, Raw } from './client.ts'
import { readPod } from './delete-pod.ts'
import { readDeployment, selectorText } from './deployment.ts'
import { readPods } from './namespace.ts'
import { type PodState, podState } from './pod-state.ts'

/** A container that runs, as it was found. */
export type ExecPlace = {
  readonly pod: string
  readonly uid: string
  readonly container: string
  readonly ready: boolean
  /** `pod/shodo/shodo-backend-5d4f-x2x/backend` */
  readonly target: string
  /** What the pod belongs to: its Deployment, or itself. */
  readonly workload: string
}

export type Wanted = {
  readonly deployment?: string | undefined
  readonly pod?: string | undefined
  readonly container?: string | undefined
}

/** The container that is meant: of a Deployment's pods a Ready one first. Failures: target-not-found, container-not-running. */
export async function findPlace(
  kubernetes: Kubernetes,
  wanted: Wanted,
  context: StepContext,
): Promise<ExecPlace> {
  if (wanted.pod !== undefined) return placeIn(kubernetes, context, wanted.pod, wanted.container)
  const { target, pods } = await podsOfDeployment(kubernetes, context, wanted.deployment ?? '')
  const [first] = pods
  if (first === undefined) refuse('container-not-running', { target, reason: 'it has no pod' })
  return { ...(await placeIn(kubernetes, context, first.name, wanted.container)), workload: target }
}

/** The Deployment's own pods, Ready ones first, each group by name. */
export async function podsOfDeployment(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
): Promise<{ readonly target: string; readonly pods: readonly PodState[] }> {
  const { target, object, revisions } = await readDeployment(kubernetes, context, name)
  const labelSelector = selectorText(object.spec?.selector)
  const owned = new Set(revisions.map((revision) => revision.uid))
  const { items } = await readPods(kubernetes, context, { labelSelector })
  const pods = items
    .filter((pod) => pod.owner && owned.has(pod.owner.uid) && !pod.ended && !pod.terminating)
    .sort((a, b) => Number(b.ready) - Number(a.ready) || (a.name < b.name ? -1 : 1))
  return { target, pods }
}

export async function placeIn(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  wanted?: string,
): Promise<ExecPlace> {
  const workload = `pod/${context.namespace}/${name}`
  const pod = await readPod(kubernetes, context, name)
  if (pod === undefined) refuse('target-not-found', { target: workload })
  const { uid, ready, containers, terminating } = podState(pod)
  const container = wanted ?? containers[0] ?? ''
  const target = `${workload}/${container}`
  if (!containers.includes(container)) {
    refuse('container-not-running', { target, reason: `its containers are ${containers.join(', ')}` })
  }
  const reason = terminating ? 'the pod is being deleted' : whyNot(pod, container)
  if (reason !== undefined) refuse('container-not-running', { target, reason })
  return { pod: name, uid, container, ready, target, workload }
}

function whyNot({ status }: Raw<V1Pod>, container: string): string | undefined {
  const state = status?.containerStatuses?.find(({ name }) => name === container)?.state
  if (state?.running !== undefined) return undefined
  const why = state?.waiting ?? state?.terminated
  return why === undefined
    ? `the pod is ${status?.phase ?? 'not started'}`
    : `the container is not running (${plainLine(`${why.reason ?? ''} ${why.message ?? ''}`, 200)})`
}
