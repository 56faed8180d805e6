import type { Finding, Reading, StepContext } from '../../../domain/steps/contract.ts'
import { cutWords, type Words } from '../../../domain/words.ts'
import { excerptOf } from '../../../edge/plain-text.ts'
import { isRefusal } from '../../refusal.ts'
import { age, table } from '../../table.ts'
import type { Kubernetes } from '../api/client.ts'
import { failedCreates } from '../objects/events.ts'
import {
  type Controller,
  controllersIn,
  isSelected,
  type NamespaceState,
  ownersOf,
  readNamespace,
  workloadOf,
} from '../objects/namespace.ts'
import type { PodState } from '../objects/pod-state.ts'
import { notThere } from './not-there.ts'
import { type Figures, findingsOf, mostEvidence } from './pod-findings.ts'

const mostListed = 100
const mostWorkloads = 100
/** When half the cluster is down, one more finding says nothing new, and a reading must stay below 64 KB. */
const mostFindings = 40
/** Bytes of a detail in the list; findings bring it whole. */
const mostDetail = 120
const excerptBytes = 16_384

type Params = { readonly selector?: string | undefined; readonly expect?: readonly string[] | undefined }

/** Pods and their state: figures per workload, and the pods as `kubectl get pods` lists them, those that are not Running and Ready first. */
export async function readPodStates(
  kubernetes: Kubernetes,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const state = await readNamespace(kubernetes, context, params.selector)
  const { pods, cut } = state
  const workloads = await withRefusals(kubernetes, context, workloadsIn(state, params, context.namespace))
  const active = pods.filter((pod) => !pod.ended && !pod.terminating)
  const notReady = active.filter((pod) => !pod.ready)
  const listed = [...pods].sort((a, b) => orderOf(a) - orderOf(b))
  const found = [
    ...notThere(expectedIn(state, params, context.namespace)),
    ...workloads.slice(0, mostWorkloads).flatMap((workload) => findingsOf(workload, context.nowMs)),
  ]
  const isPartial = cut || workloads.length > mostWorkloads || found.length > mostFindings
  return {
    facts: {
      total: pods.length,
      ready: active.length - notReady.length,
      notReady: notReady.length,
      terminating: pods.filter((pod) => pod.terminating).length,
      ended: pods.filter((pod) => pod.ended).length,
      cut,
      // Where they may not be listed, one that is missing cannot be found.
      ...(state.statefulSets === undefined ? { unseen: 'statefulsets' } : {}),
      workloads: workloads
        .slice(0, mostWorkloads)
        .map(({ subject, wanted, ready, pods: own }) => ({ subject, wanted, ready, pods: own.length })),
      moreWorkloads: Math.max(0, workloads.length - mostWorkloads),
      pods: listed.slice(0, mostListed).map((pod) => podFacts(pod, context.nowMs)),
      morePods: Math.max(0, listed.length - mostListed),
    },
    findings: bounded(found),
    ...(isPartial ? { partial: true } : {}),
    text: excerpt(workloads, listed, context.nowMs),
  }
}

/** Each workload with its pods; one that wants pods and has none is among them. */
function workloadsIn(state: NamespaceState, { selector }: Params, namespace: string): readonly Figures[] {
  const owners = ownersOf(state.deployments)
  const groups = new Map<string, PodState[]>()
  for (const pod of state.pods) {
    if (pod.ended) continue
    const workload = workloadOf(pod, namespace, owners)
    groups.set(workload, [...(groups.get(workload) ?? []), pod])
  }
  const controllers = controllersIn(state).filter((c) => groups.has(c.target) || isSelected(c, selector))
  const names = [...new Set([...controllers.map(({ target }) => target), ...groups.keys()])].sort()
  return names.map((subject) => {
    const controller = controllers.find(({ target }) => target === subject)
    return figures(subject, groups.get(subject) ?? [], controller)
  })
}

/** What the runbook names, with what there is of it. What could not be seen whole is not called missing. */
function expectedIn(state: NamespaceState, { expect = [] }: Params, namespace: string) {
  const controllers = controllersIn(state)
  return expect
    .map((named) => named.replace('/', `/${namespace}/`))
    .filter((target) => state.statefulSets !== undefined || !target.startsWith('statefulset/'))
    .map((target) => ({ target, wanted: controllers.find((c) => c.target === target)?.wanted }))
    .filter(({ wanted }) => wanted !== undefined || !state.cut)
}

/** Why pods could not be made, where the workload itself does not say. Events are asked for only then. */
async function withRefusals(
  kubernetes: Kubernetes,
  context: StepContext,
  workloads: readonly Figures[],
): Promise<readonly Figures[]> {
  const isUntold = ({ pods, wanted, refused }: Figures) => pods.length < wanted && refused === ''
  if (!workloads.some(isUntold)) return workloads
  try {
    const failed = await failedCreates(kubernetes, context)
    return workloads.map((workload) =>
      isUntold(workload) ? { ...workload, refused: failed.get(workload.subject) ?? '' } : workload,
    )
  } catch (error) {
    if (isRefusal(error, 'forbidden')) return workloads
    throw error
  }
}

/** First what fails, as `kubectl get pods | grep -v Running` would show it; last what has ended, of which there may be hundreds. */
function orderOf({ ready, ended }: PodState): number {
  return ended ? 2 : ready ? 1 : 0
}

function podFacts(pod: PodState, nowMs: number) {
  const { name, containersReady, status, restarts, restartedMs, createdMs, trouble, pending } = pod
  return {
    name,
    ready: containersReady,
    status,
    restarts,
    ...(restartedMs === undefined ? {} : { restartedBeforeMs: Math.max(0, nowMs - restartedMs) }),
    ageMs: Math.max(0, nowMs - createdMs),
    ...(trouble ? { container: trouble.container, last: cutWords(trouble.last ?? '', mostDetail) } : {}),
    ...(pending ? { pending: cutWords(pending.message, mostDetail) } : {}),
  }
}

function figures(subject: string, pods: readonly PodState[], controller?: Controller): Figures {
  const active = pods.filter((pod) => !pod.terminating)
  return {
    subject,
    refused: controller?.refused ?? '',
    wanted: controller?.wanted ?? active.length,
    ready: active.filter((pod) => pod.ready).length,
    pods: active,
    isControlled: controller !== undefined,
  }
}

function bounded(findings: readonly Finding[]): Finding[] {
  const evidence = findings.length > 10 ? 2 : mostEvidence
  return findings
    .slice(0, mostFindings)
    .map((finding) => ({ ...finding, evidence: finding.evidence.slice(0, evidence) }))
}

function excerpt(workloads: readonly Figures[], listed: readonly PodState[], nowMs: number): Words {
  const summary = table([
    ['WORKLOAD', 'READY'],
    ...workloads.slice(0, mostWorkloads).map(({ subject, ready, wanted }) => [subject, `${ready}/${wanted}`]),
  ])
  const rows = listed.slice(0, mostListed).map((pod) => {
    const since = pod.restartedMs === undefined ? '' : ` (${age(nowMs - pod.restartedMs)} ago)`
    return [pod.name, pod.containersReady, pod.status, `${pod.restarts}${since}`, age(nowMs - pod.createdMs)]
  })
  const list = rows.length === 0 ? [] : ['', table([['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'], ...rows])]
  const more =
    listed.length > mostListed
      ? [{ en: `… and ${listed.length - mostListed} more`, ja: `… 他 ${listed.length - mostListed} 個` }]
      : []
  return excerptOf([summary, ...list, ...more], excerptBytes)
}
