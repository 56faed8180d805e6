import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { firstBytes } from '../plain-text.ts'
import { age, table } from '../table.ts'
import type { Kubernetes } from './client.ts'
import type { DeploymentState } from './deployment.ts'
import { ownersOf, readNamespace, workloadOf } from './namespace.ts'
import { isFailing, type PodState, troubleSentence } from './pod-state.ts'

const mostListed = 50
const mostWorkloads = 100
const mostEvidence = 5
/** When half the cluster is down, one more finding says nothing new, and a reading must stay below 64 KB. */
const mostFindings = 40
const excerptBytes = 16_384

/** Pods and their state: figures per workload, and of the pods those that are not Ready. */
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
      podsNotReady: notReady.slice(0, mostListed).map((pod) => ({
        name: pod.name,
        status: pod.status,
        containersReady: pod.containersReady,
        restarts: pod.restarts,
        ageMs: Math.max(0, context.nowMs - pod.createdMs),
        ...(pod.trouble ? { container: pod.trouble.container, last: pod.trouble.last } : {}),
      })),
      morePodsNotReady: Math.max(0, notReady.length - mostListed),
    },
    findings: bounded(workloads.slice(0, mostWorkloads).flatMap(findingsOf)),
    text: excerpt(workloads, notReady, context.nowMs),
  }
}

type Figures = {
  readonly subject: string
  readonly wanted: number
  readonly ready: number
  readonly pods: readonly PodState[]
  readonly isDeployment: boolean
}

function figures(subject: string, pods: readonly PodState[], deployment?: DeploymentState): Figures {
  const active = pods.filter((pod) => !pod.terminating)
  return {
    subject,
    wanted: deployment?.wanted ?? active.length,
    ready: active.filter((pod) => pod.ready).length,
    pods: active,
    isDeployment: deployment !== undefined,
  }
}

function findingsOf({ subject, wanted, ready, pods, isDeployment }: Figures): Finding[] {
  const notReady = pods.filter((pod) => !pod.ready)
  const looping = notReady.filter((pod) => pod.trouble?.reason === 'CrashLoopBackOff')
  const evidence = [...notReady]
    .sort((a, b) => Number(isFailing(b)) - Number(isFailing(a)))
    .slice(0, mostEvidence)
    .map(troubleSentence)
  const data = { wanted, ready, pods: pods.length, notReady: notReady.length }
  const name = subject.split('/').at(-1) ?? subject
  const found: Finding[] = []
  if (looping.length > 0) {
    found.push({
      code: 'crash-loop',
      subject,
      says: {
        en: `${looping.length} of ${pods.length} pods of ${name} crash again and again`,
        ja: `${name} の Pod ${pods.length} 個中 ${looping.length} 個がクラッシュを繰り返しています`,
      },
      evidence: looping.slice(0, mostEvidence).map(troubleSentence),
      data: { ...data, crashing: looping.length },
    })
  }
  // Scaled to zero is somebody's decision, not an outage.
  if (isDeployment && wanted > 0 && ready === 0) {
    found.push({
      code: 'service-dead',
      subject,
      says: {
        en: `${name} has no Ready pod (${wanted} wanted)`,
        ja: `${name} に Ready の Pod がありません（必要数 ${wanted}）`,
      },
      evidence: evidence.length > 0 ? evidence : [`${name} has no pods at all`],
      data,
    })
  }
  if (notReady.length > 0 || ready < wanted) {
    found.push({
      code: 'pods-not-ready',
      subject,
      says: {
        en: `${ready} of ${wanted} pods of ${name} are Ready`,
        ja: `${name} の Pod ${wanted} 個中 ${ready} 個が Ready です`,
      },
      evidence: evidence.length > 0 ? evidence : [`${name} has ${pods.length} of ${wanted} pods`],
      data,
    })
  }
  return found
}

function bounded(findings: readonly Finding[]): Finding[] {
  const evidence = findings.length > 10 ? 2 : mostEvidence
  return findings
    .slice(0, mostFindings)
    .map((finding) => ({ ...finding, evidence: finding.evidence.slice(0, evidence) }))
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

function excerpt(workloads: readonly Figures[], notReady: readonly PodState[], nowMs: number): string {
  const summary = table([
    ['WORKLOAD', 'READY'],
    ...workloads.slice(0, mostWorkloads).map(({ subject, ready, wanted }) => [subject, `${ready}/${wanted}`]),
  ])
  const listed = notReady
    .slice(0, mostListed)
    .map((pod) => [pod.name, pod.containersReady, pod.status, `${pod.restarts}`, age(nowMs - pod.createdMs)])
  const list =
    listed.length === 0 ? [] : ['', table([['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'], ...listed])]
  const more = notReady.length > mostListed ? [`… and ${notReady.length - mostListed} more not Ready`] : []
  return firstBytes([summary, ...list, ...more].join('\n'), excerptBytes)
}
