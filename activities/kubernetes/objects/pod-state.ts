import type { V1ContainerStateTerminated, V1ContainerStatus, V1Pod } from '@kubernetes/client-node'
import { type Text, verbatim, type Words } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { withReason } from '../../refusal.ts'
import type { Raw } from '../api/client.ts'
import { type PendingReason, whyUnschedulable } from '../api/pending-reason.ts'
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
  /** Since when it is not Ready; undefined for a Ready pod. */
  readonly notReadySinceMs?: number
  /** It has not come up yet: it is being placed, fetches its image, or a container before the others or a startup probe is not done. */
  readonly starting: boolean
  /** All its containers run, whether or not they are Ready. */
  readonly running: boolean
  readonly containers: readonly string[]
  /** The container that keeps the pod from being Ready, and what is known about it. */
  readonly trouble?: Trouble
  /** Waits to be placed on a node, or to be started there. */
  readonly pending?: Pending
  /** Containers that were last OOM-killed. */
  readonly oomKilled: readonly OomKill[]
}

export type Trouble = {
  readonly container: string
  readonly image: string
  readonly reason: string
  readonly message: string
  /** How its run before ended. */
  readonly last?: Text
  /** True when the container waits to be started again; one that has just ended is started within a moment. */
  readonly waits: boolean
  /** When it began to fail, as far as the container's last end and its number of restarts tell. */
  readonly sinceMs?: number
}

export type Pending = {
  /** No node can take it: the scheduler has tried. */
  readonly unschedulable: boolean
  readonly reason: PendingReason
  /** The scheduler's own words, else what the pod waits for. */
  readonly message: Words
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
    ...(ready ? {} : { notReadySinceMs: notReadySince(pod) }),
    starting: !ready && !ended && isStarting(pod),
    running: containers.length > 0 && containers.every(({ state }) => state?.running !== undefined),
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

/**
 * Pods that a new one in their place can help: they fail again and again, or have not been Ready for a good while. Not those that are coming
 * up, that no node takes (a new one would wait as well), or a StatefulSet's whose container runs: a database that replays its log, or
 * copies, is not Ready for long and would begin from nothing.
 */
export function isStuck(pod: PodState, nowMs: number, olderThanMs: number): boolean {
  if (pod.ready || pod.terminating || pod.ended || pod.pending?.unschedulable) return false
  if (isFailing(pod)) return pod.trouble?.waits ?? false
  if (pod.starting || (pod.owner?.kind === 'StatefulSet' && pod.running)) return false
  return nowMs - (pod.notReadySinceMs ?? nowMs) >= olderThanMs
}

/** True when a container waits for an image that cannot be had. */
export function lacksImage({ terminating, trouble }: PodState): boolean {
  return !terminating && trouble !== undefined && imageReasons.has(trouble.reason)
}

/** One sentence of evidence. */
export function troubleSentence(pod: PodState): Text {
  if (pod.pending !== undefined) return withReason(verbatim(`pod ${pod.name}: Pending`), pod.pending.message)
  if (pod.trouble === undefined)
    return {
      en: `pod ${pod.name}: ${pod.status}, ${pod.containersReady} containers ready`,
      ja: `pod ${pod.name}: ${pod.status}、Ready のコンテナー ${pod.containersReady}`,
    }
  const { container, reason, message, last } = pod.trouble
  const where = {
    en: `pod ${pod.name}, container ${container}: ${reason}`,
    ja: `pod ${pod.name}、コンテナー ${container}: ${reason}`,
  }
  if (last === undefined) return message === '' ? where : withReason(where, message)
  return withReason(where, {
    en: message === '' ? last.en : `${message}; ${last.en}`,
    ja: message === '' ? last.ja : `${message}、${last.ja}`,
  })
}

function endOf({ exitCode, reason = '', message = '' }: Raw<V1ContainerStateTerminated>): Text {
  const why = `${exitCode} ${plainLine(`${reason} ${message}`, 200)}`.trimEnd()
  return { en: `last exit ${why}`, ja: `前回の終了 ${why}` }
}

function troubleOf(containers: readonly Raw<V1ContainerStatus>[]): Trouble | undefined {
  for (const container of containers) {
    const { name, image, state, lastState, ready } = container
    const now = state?.waiting ?? state?.terminated
    if (ready || now === undefined || now.reason === 'Completed') continue
    const last = lastState?.terminated
    return {
      container: name,
      image: plainLine(image, 200),
      reason: plainLine(now.reason ?? 'Waiting', 60),
      message: plainLine(now.message ?? '', 200),
      ...(last === undefined ? {} : { last: endOf(last) }),
      waits: state?.waiting !== undefined,
      ...failingSince(container),
    }
  }
  return undefined
}

/** The kubelet waits 10 s before the second restart, then twice as long each time, at most five minutes. */
const firstBackOffMs = 10_000
const longestBackOffMs = 300_000

/** Counted back from the last end: as many runs as long as that one, and the kubelet's waits between them. */
function failingSince({ state, lastState, restartCount }: Raw<V1ContainerStatus>): {
  readonly sinceMs?: number
} {
  const end = state?.terminated ?? lastState?.terminated
  const endedMs = Date.parse(end?.finishedAt ?? '')
  if (Number.isNaN(endedMs)) return {}
  const ranMs = Math.max(0, endedMs - Date.parse(end?.startedAt ?? end?.finishedAt ?? '')) || 0
  let sinceMs = endedMs
  for (let restart = 1; restart < restartCount; restart++) {
    sinceMs -= ranMs + Math.min(firstBackOffMs * 2 ** (restart - 1), longestBackOffMs)
  }
  return { sinceMs }
}

function notReadySince({ status, metadata }: Raw<V1Pod>): number {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return Date.parse(ready?.lastTransitionTime ?? metadata?.creationTimestamp ?? '')
}

function isStarting({ status }: Raw<V1Pod>): boolean {
  const { phase, initContainerStatuses = [], containerStatuses = [] } = status ?? {}
  if (phase === 'Pending') return true
  const isDone = ({ state, started }: Raw<V1ContainerStatus>) =>
    state?.terminated?.exitCode === 0 || started === true
  const isUnderWay = ({ state, started, restartCount }: Raw<V1ContainerStatus>) =>
    state?.running === undefined ? restartCount === 0 && state?.terminated === undefined : started === false
  return !initContainerStatuses.every(isDone) || containerStatuses.some(isUnderWay)
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
    const message = plainLine(scheduled.message || scheduled.reason || 'PodScheduled', 300)
    const unschedulable = scheduled.reason === 'Unschedulable'
    return { pending: { unschedulable, reason: whyUnschedulable(message), message } }
  }
  // Of a pod with its node, what the kubelet is at: first volumes and network, then the images.
  const prepared = status.conditions?.find(({ type }) => type === 'PodReadyToStartContainers')?.status
  const reason =
    spec?.nodeName === undefined
      ? 'scheduling'
      : prepared === 'True'
        ? 'image'
        : prepared === 'False'
          ? 'volume'
          : 'starting'
  const waits =
    spec?.nodeName === undefined
      ? { en: 'waiting for a node', ja: 'ノードの割り当て待ち' }
      : { en: `waiting on ${spec.nodeName}`, ja: `${spec.nodeName} で起動待ち` }
  const message =
    trouble === undefined
      ? waits
      : { en: `${waits.en}: ${trouble.reason}`, ja: `${waits.ja}: ${trouble.reason}` }
  return { pending: { unschedulable: false, reason, message } }
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
