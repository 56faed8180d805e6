import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node'
import { plainLine } from '../plain-text.ts'
import type { Raw } from './client.ts'

/** What is kept of a pod; a whole one is ten times as large. */
export type PodState = {
  readonly name: string
  readonly uid: string
  readonly owner?: { readonly kind: string; readonly name: string; readonly uid: string }
  /** pod-template-hash, for pods of a Deployment. */
  readonly template?: string
  /** As the column STATUS of `kubectl get pods`. */
  readonly status: string
  readonly ready: boolean
  readonly terminating: boolean
  /** Ended for good: a Job's pod, or an evicted one. It serves nobody and is not expected to. */
  readonly ended: boolean
  readonly containersReady: string
  readonly restarts: number
  readonly createdMs: number
  readonly containers: readonly string[]
  /** The container that keeps the pod from being Ready, and what is known about it. */
  readonly trouble?: Trouble
}

export type Trouble = {
  readonly container: string
  readonly reason: string
  readonly message: string
  readonly last: string
}

/** Reasons for which a container does not start or does not stay up; waiting does not cure them. */
export const failingReasons: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'StartError',
  'OOMKilled',
  'Error',
])

export function podState(pod: Raw<V1Pod>): PodState {
  const { metadata, spec, status } = pod
  const owner = metadata?.ownerReferences?.find((reference) => reference.controller)
  const template = metadata?.labels?.['pod-template-hash']
  const containers = status?.containerStatuses ?? []
  const terminating = metadata?.deletionTimestamp !== undefined
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed'
  const ready = !terminating && !ended && hasCondition(pod, 'Ready')
  const trouble = ready ? undefined : troubleOf([...(status?.initContainerStatuses ?? []), ...containers])
  return {
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    ...(owner ? { owner: { kind: owner.kind, name: owner.name, uid: owner.uid } } : {}),
    ...(template ? { template } : {}),
    status: terminating ? 'Terminating' : (trouble?.reason ?? status?.reason ?? status?.phase ?? 'Unknown'),
    ready,
    terminating,
    ended,
    containersReady: `${containers.filter((c) => c.ready).length}/${spec?.containers.length ?? 0}`,
    restarts: containers.reduce((sum, c) => sum + c.restartCount, 0),
    createdMs: Date.parse(metadata?.creationTimestamp ?? ''),
    containers: containersByImportance(pod),
    ...(trouble ? { trouble } : {}),
  }
}

/** True when a container of the pod fails in a way that waiting does not cure. */
export function isFailing(pod: PodState): boolean {
  return !pod.terminating && pod.trouble !== undefined && failingReasons.has(pod.trouble.reason)
}

/** One sentence of evidence. */
export function troubleSentence(pod: PodState): string {
  if (pod.trouble === undefined)
    return `pod ${pod.name}: ${pod.status}, ${pod.containersReady} containers ready`
  const { container, reason, message, last } = pod.trouble
  const more = [message, last].filter((text) => text !== '').join('; ')
  return `pod ${pod.name}, container ${container}: ${reason}${more === '' ? '' : ` (${more})`}`
}

function troubleOf(containers: readonly Raw<V1ContainerStatus>[]): Trouble | undefined {
  for (const { name, state, lastState, ready } of containers) {
    const now = state?.waiting ?? state?.terminated
    if (ready || now === undefined || now.reason === 'Completed') continue
    const last = lastState?.terminated
    return {
      container: name,
      reason: plainLine(now.reason ?? 'Waiting', 60),
      message: plainLine(now.message ?? '', 200),
      last:
        last === undefined
          ? ''
          : `last exit ${last.exitCode} ${plainLine(`${last.reason ?? ''} ${last.message ?? ''}`, 200)}`.trimEnd(),
    }
  }
  return undefined
}

function hasCondition(pod: Raw<V1Pod>, type: string): boolean {
  return pod.status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false
}

/** The container that `kubectl logs` would take comes first. */
function containersByImportance({ metadata, spec }: Raw<V1Pod>): string[] {
  const names = spec?.containers.map((container) => container.name) ?? []
  const chosen = metadata?.annotations?.['kubectl.kubernetes.io/default-container']
  return chosen !== undefined && names.includes(chosen)
    ? [chosen, ...names.filter((n) => n !== chosen)]
    : names
}
