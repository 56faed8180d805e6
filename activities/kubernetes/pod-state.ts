import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node'
import { plainLine } from '../plain-text.ts'
import type { Raw } from './client.ts'
import { hasCondition, type PodColumns, podColumns } from './pod-columns.ts'

/** What is kept of a pod; a whole one is ten times as large. */
export type PodState = PodColumns & {
  readonly name: string
  readonly uid: string
  readonly owner?: { readonly kind: string; readonly name: string; readonly uid: string }
  /** pod-template-hash, for pods of a Deployment. */
  readonly template?: string
  readonly ready: boolean
  readonly terminating: boolean
  /** Ended for good: a Job's pod, or an evicted one. It serves nobody and is not expected to. */
  readonly ended: boolean
  readonly createdMs: number
  readonly containers: readonly string[]
  /** The container that keeps the pod from being Ready, and what is known about it. */
  readonly trouble?: Trouble
  /** Waits to be placed on a node, or to be started there. */
  readonly pending?: Pending
  /** Containers whose last end was for want of memory. */
  readonly oomKilled: readonly OomKill[]
}

export type Trouble = {
  readonly container: string
  readonly image: string
  readonly reason: string
  readonly message: string
  readonly last: string
}

export type Pending = {
  /** No node can take it: the scheduler has tried. */
  readonly unschedulable: boolean
  /** The scheduler's own words, else what the pod waits for. */
  readonly message: string
}

export type OomKill = {
  readonly container: string
  /** As it is written in the pod; empty where it has no limit of its own. */
  readonly limit: string
  readonly restarts: number
  readonly atMs: number
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

const imageReasons: ReadonlySet<string> = new Set(['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName'])

export function podState(pod: Raw<V1Pod>): PodState {
  const { metadata, status } = pod
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
    ...podColumns(pod),
    ...(owner ? { owner: { kind: owner.kind, name: owner.name, uid: owner.uid } } : {}),
    ...(template ? { template } : {}),
    ready,
    terminating,
    ended,
    createdMs: Date.parse(metadata?.creationTimestamp ?? ''),
    containers: containersByImportance(pod),
    ...(trouble ? { trouble } : {}),
    ...pendingOf(pod, trouble),
    oomKilled: containers.flatMap((container) => oomKillOf(pod, container)),
  }
}

/** True when a container of the pod fails in a way that waiting does not cure. */
export function isFailing(pod: PodState): boolean {
  return !pod.terminating && pod.trouble !== undefined && failingReasons.has(pod.trouble.reason)
}

/** True when a container waits for an image that cannot be had. */
export function lacksImage({ terminating, trouble }: PodState): boolean {
  return !terminating && trouble !== undefined && imageReasons.has(trouble.reason)
}

/** One sentence of evidence. */
export function troubleSentence(pod: PodState): string {
  if (pod.pending !== undefined) return `pod ${pod.name}: Pending (${pod.pending.message})`
  if (pod.trouble === undefined)
    return `pod ${pod.name}: ${pod.status}, ${pod.containersReady} containers ready`
  const { container, reason, message, last } = pod.trouble
  const more = [message, last].filter((text) => text !== '').join('; ')
  return `pod ${pod.name}, container ${container}: ${reason}${more === '' ? '' : ` (${more})`}`
}

function troubleOf(containers: readonly Raw<V1ContainerStatus>[]): Trouble | undefined {
  for (const { name, image, state, lastState, ready } of containers) {
    const now = state?.waiting ?? state?.terminated
    if (ready || now === undefined || now.reason === 'Completed') continue
    const last = lastState?.terminated
    return {
      container: name,
      image: plainLine(image, 200),
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

/** A container that fails is its own trouble: that the pod waits for it says less. */
function pendingOf(
  { spec, status, metadata }: Raw<V1Pod>,
  trouble: Trouble | undefined,
): { pending?: Pending } {
  if (status?.phase !== 'Pending' || metadata?.deletionTimestamp !== undefined) return {}
  if (trouble !== undefined && failingReasons.has(trouble.reason)) return {}
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled')
  if (spec?.nodeName === undefined && scheduled?.status === 'False') {
    const said = plainLine(scheduled.message || scheduled.reason || 'no node', 300)
    return { pending: { unschedulable: scheduled.reason === 'Unschedulable', message: said } }
  }
  const waits = spec?.nodeName === undefined ? 'waits for a node' : `waits on ${spec.nodeName}`
  return { pending: { unschedulable: false, message: [waits, trouble?.reason].filter(Boolean).join(': ') } }
}

function oomKillOf(
  pod: Raw<V1Pod>,
  { name, state, lastState, restartCount }: Raw<V1ContainerStatus>,
): OomKill[] {
  const end = [state?.terminated, lastState?.terminated].find(
    (terminated) => terminated?.reason === 'OOMKilled',
  )
  if (end === undefined) return []
  const limits = pod.spec?.containers.find((container) => container.name === name)?.resources?.limits
  const ended = Date.parse(end.finishedAt ?? '')
  return [
    {
      container: name,
      limit: limits?.memory ?? '',
      restarts: restartCount,
      atMs: Number.isNaN(ended) ? 0 : ended,
    },
  ]
}

/** The container that `kubectl logs` would take comes first. */
function containersByImportance({ metadata, spec }: Raw<V1Pod>): string[] {
  const names = spec?.containers.map((container) => container.name) ?? []
  const chosen = metadata?.annotations?.['kubectl.kubernetes.io/default-container']
  return chosen !== undefined && names.includes(chosen)
    ? [chosen, ...names.filter((n) => n !== chosen)]
    : names
}
