import type { V1Pod } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { objectName } from '../../../domain/steps/subject.ts'
import type { Text } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { refuse, withReason } from '../../refusal.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { type PodState, podState } from '../objects/pod-state.ts'
import { type DeploymentPods, podsOfDeployment } from '../objects/pods-of-deployment.ts'
import { readPod } from '../pods/delete-pod.ts'

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
  /** The controller that made the pod. */
  readonly owner?: PodState['owner']
}

export type Wanted = {
  readonly deployment?: string | undefined
  readonly pod?: string | undefined
  readonly container?: string | undefined
}

/** The container that is meant: of a Deployment's pods `known` where it is one, else a Ready one first. Failures: target-not-found, container-not-running. */
export async function findPlace(
  kubernetes: Kubernetes,
  wanted: Wanted,
  context: StepContext,
  known?: string,
): Promise<ExecPlace> {
  if (wanted.pod !== undefined) return placeIn(kubernetes, context, wanted.pod, wanted.container)
  const { target, pods } = await placesOfDeployment(kubernetes, context, wanted.deployment ?? '')
  const first = pods.find(({ name }) => name === known) ?? pods[0]
  if (first === undefined)
    refuse('container-not-running', { target, reason: { en: 'it has no pod', ja: 'Pod がありません' } })
  return { ...(await placeIn(kubernetes, context, first.name, wanted.container)), workload: target }
}

/** Those of a Deployment that a program can be run in, Ready ones first, each group by name. */
export async function placesOfDeployment(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
): Promise<DeploymentPods> {
  const { target, pods } = await podsOfDeployment(kubernetes, context, name)
  const staying = pods
    .filter((pod) => !pod.terminating)
    .sort((a, b) => Number(b.ready) - Number(a.ready) || (a.name < b.name ? -1 : 1))
  return { target, pods: staying }
}

export async function placeIn(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  wanted?: string,
): Promise<ExecPlace> {
  const workload = objectName('pod', context.namespace, name)
  const pod = await readPod(kubernetes, context, name)
  if (pod === undefined) refuse('target-not-found', { target: workload })
  const { uid, ready, containers, terminating, owner } = podState(pod)
  const container = wanted ?? containers[0] ?? ''
  const target = `${workload}/${container}`
  if (!containers.includes(container)) {
    refuse('container-not-running', {
      target,
      reason: {
        en: `it has the containers ${containers.join(', ')}`,
        ja: `あるのはコンテナー ${containers.join(', ')} です`,
      },
    })
  }
  const reason = terminating
    ? { en: 'the pod is being deleted', ja: 'Pod は削除中です' }
    : whyNot(pod, container)
  if (reason !== undefined) refuse('container-not-running', { target, reason })
  return { pod: name, uid, container, ready, target, workload, owner }
}

function whyNot({ status }: Raw<V1Pod>, container: string): Text | undefined {
  const state = status?.containerStatuses?.find(({ name }) => name === container)?.state
  if (state?.running !== undefined) return undefined
  const why = state?.waiting ?? state?.terminated
  return why === undefined
    ? podWords(status?.phase)
    : withReason(
        { en: 'the container is not running', ja: 'コンテナーが動作していません' },
        plainLine(`${why.reason ?? ''} ${why.message ?? ''}`, 200),
      )
}

function podWords(phase: string | undefined): Text {
  if (phase === undefined) return { en: 'the pod is not started', ja: 'Pod は起動していません' }
  return { en: `the pod is ${phase}`, ja: `Pod の状態は ${phase} です` }
}
