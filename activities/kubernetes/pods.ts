import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { firstBytes, plainLine } from '../plain-text.ts'
import { age, table } from '../table.ts'
import type { Kubernetes } from './client.ts'
import type { DeploymentState } from './deployment.ts'
import { ownersOf, readNamespace, workloadOf } from './namespace.ts'
import { type Figures, findingsOf, mostEvidence } from './pod-findings.ts'
import type { PodState } from './pod-state.ts'

const mostListed = 100
const mostWorkloads = 100
/** When half the cluster is down, one more finding says nothing new, and a reading must stay below 64 KB. */
const mostFindings = 40
/** Bytes of a detail in the list; findings bring it whole. */
const mostDetail = 120
const excerptBytes = 16_384

/** Pods and their state: figures per workload, and the pods as `kubectl get pods` lists them, those that are not Running and Ready first. */
export async function readPodStates(
  kubernetes: Kubernetes,
  params: { readonly selector?: string | undefined },
  context: StepContext,
): Promise<Reading> {
  const { deployments, pods, cut } = await readNamespace(kubernetes, context, params.selector)
  const owners = ownersOf(deployments)
  const groups = new Map<string, PodState[]>()
  for (const pod of pods) {
    if (pod.ended) continue
    const workload = workloadOf(pod, context.namespace, owners)
    groups.set(workload, [...(groups.get(workload) ?? []), pod])
  }
  const chosen = deployments.filter((d) => groups.has(d.target) || isSelected(d, params.selector))
  const names = [...new Set([...chosen.map((d) => d.target), ...groups.keys()])].sort()
  const workloads = names.map((subject) =>
    figures(
      subject,
      groups.get(subject) ?? [],
      chosen.find((d) => d.target === subject),
    ),
  )
  const active = pods.filter((pod) => !pod.ended && !pod.terminating)
  const notReady = active.filter((pod) => !pod.ready)
  const listed = [...pods].sort((a, b) => Number(isQuiet(a)) - Number(isQuiet(b)))
  return {
    facts: {
      total: pods.length,
      ready: active.length - notReady.length,
      notReady: notReady.length,
      terminating: pods.filter((pod) => pod.terminating).length,
      ended: pods.filter((pod) => pod.ended).length,
      cut,
      workloads: workloads
        .slice(0, mostWorkloads)
        .map(({ subject, wanted, ready, pods: own }) => ({ subject, wanted, ready, pods: own.length })),
      moreWorkloads: Math.max(0, workloads.length - mostWorkloads),
      pods: listed.slice(0, mostListed).map((pod) => podFacts(pod, context.nowMs)),
      morePods: Math.max(0, listed.length - mostListed),
    },
    findings: bounded(
      workloads.slice(0, mostWorkloads).flatMap((workload) => findingsOf(workload, context.nowMs)),
    ),
    text: excerpt(workloads, listed, context.nowMs),
  }
}

/** Running and Ready, or ended well: nothing that `kubectl get pods | grep -v Running` is asked for. */
function isQuiet({ ready, status }: PodState): boolean {
  return ready || status === 'Completed'
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
    ...(trouble ? { container: trouble.container, last: firstBytes(trouble.last, mostDetail) } : {}),
    ...(pending ? { pending: firstBytes(pending.message, mostDetail) } : {}),
  }
}

function figures(subject: string, pods: readonly PodState[], deployment?: DeploymentState): Figures {
  const active = pods.filter((pod) => !pod.terminating)
  return {
    subject,
    refused: refusalOf(deployment),
    wanted: deployment?.wanted ?? active.length,
    ready: active.filter((pod) => pod.ready).length,
    pods: active,
    isDeployment: deployment !== undefined,
  }
}

function bounded(findings: readonly Finding[]): Finding[] {
  const evidence = findings.length > 10 ? 2 : mostEvidence
  return findings
    .slice(0, mostFindings)
    .map((finding) => ({ ...finding, evidence: finding.evidence.slice(0, evidence) }))
}

/** Why its ReplicaSet may not make pods, such as a quota; nothing else says it when there are none. */
function refusalOf(deployment: DeploymentState | undefined): string {
  const failure = deployment?.object.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  )
  return plainLine(failure?.message ?? '', 300)
}

/** A Deployment without any pod is matched by the labels that its pods would have. */
function isSelected({ object }: DeploymentState, selector: string | undefined): boolean {
  if (selector === undefined) return true
  const labels = object.spec?.template.metadata?.labels ?? {}
  return selector.split(',').every((part) => {
    const [key = '', value] = part.split('=')
    return labels[key] === value
  })
}

function excerpt(workloads: readonly Figures[], listed: readonly PodState[], nowMs: number): string {
  const summary = table([
    ['WORKLOAD', 'READY'],
    ...workloads.slice(0, mostWorkloads).map(({ subject, ready, wanted }) => [subject, `${ready}/${wanted}`]),
  ])
  const rows = listed.slice(0, mostListed).map((pod) => {
    const since = pod.restartedMs === undefined ? '' : ` (${age(nowMs - pod.restartedMs)} ago)`
    return [pod.name, pod.containersReady, pod.status, `${pod.restarts}${since}`, age(nowMs - pod.createdMs)]
  })
  const list = rows.length === 0 ? [] : ['', table([['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'], ...rows])]
  const more = listed.length > mostListed ? [`… and ${listed.length - mostListed} more`] : []
  return firstBytes([summary, ...list, ...more].join('\n'), excerptBytes)
}
