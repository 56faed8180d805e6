/** What the labels of an alert say of its place, whoever wrote them: our own words, kube-state-metrics, exporters, OpenTelemetry. */
import { present } from '../present.ts'
import { cutTo, withoutControlCharacters } from '../words.ts'
import { workloadOfPod } from './place.ts'

export type Labels = Readonly<Record<string, string>>

/** Prometheus renames what an exporter says of others (`exported_…`) where its own labels have the same names. */
function said(labels: Labels, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = plain(labels[`exported_${name}`]) ?? plain(labels[name])
    if (found !== undefined) return found
  }
  return undefined
}

/** Of the forty names that are looked for an alert has a few. */
function plain(label: string | undefined): string | undefined {
  if (label === undefined) return undefined
  return cutTo(withoutControlCharacters(label).trim().toLowerCase(), 253) || undefined
}

/** What an alert is about, nearest first. A pod is asked last: beside one of these it may be that of the exporter. */
const objects = [
  ['deployment', 'k8s_deployment_name', 'kube_deployment'],
  ['statefulset', 'k8s_statefulset_name', 'kube_stateful_set'],
  ['daemonset', 'k8s_daemonset_name'],
  ['workload'],
  ['horizontalpodautoscaler', 'hpa'],
  ['poddisruptionbudget'],
  ['cronjob'],
  ['job_name'],
] as const

type Named = 'cluster' | 'namespace' | 'service' | 'claim' | 'source' | 'alert'
/** An `AlertPlace` of nothing but what was said. */
type Labelled = { readonly workloads: readonly string[] } & { readonly [name in Named]?: string }

/** The place that labels name, as little of it as tells it apart: alerts with one place are one trouble. */
export function placeOf(labels: Labels): Labelled {
  const workloads = workloadsOf(labels)
  const cluster = said(labels, 'cluster', 'k8s_cluster_name')
  const namespace = said(labels, 'namespace', 'k8s_namespace_name', 'kubernetes_namespace', 'kube_namespace')
  const service = said(labels, 'service')
  const claim = said(labels, 'persistentvolumeclaim')
  const isNamed = workloads.length > 0 || service !== undefined || claim !== undefined
  const source = isNamed ? undefined : sourceOf(labels)
  const alert = isNamed || source !== undefined ? undefined : said(labels, 'rulename', 'alertname')
  return {
    workloads,
    ...present({ cluster, namespace, service, claim, source, alert }),
  }
}

/** Whether labels say at all what an alert is about; the address of the door speaks only for those that do not. */
export function isPlaced({ workloads, service, claim }: Labelled): boolean {
  return workloads.length > 0 || service !== undefined || claim !== undefined
}

function workloadsOf(labels: Labels): string[] {
  const named = objects.flatMap((names) => said(labels, ...names) ?? [])
  if (named.length > 0) return [...new Set(named)]
  const pod = said(labels, 'pod', 'pod_name', 'k8s_pod_name', 'kubernetes_pod_name')
  if (pod !== undefined) return [workloadOfPod(pod)]
  const set = said(labels, 'replicaset')
  return set === undefined ? [] : [set.replace(/-[a-z0-9]{6,10}$/, '')]
}

/** `app`, or what Prometheus calls the target: `shodo-backend`, or `shodo/shodo-backend` of a PodMonitor. */
function sourceOf(labels: Labels): string | undefined {
  const job = said(labels, 'app_kubernetes_io_name', 'app', 'job')
  return job?.slice(job.lastIndexOf('/') + 1) || undefined
}

/** Alerts that are always there, or speak only to Alertmanager: kube-prometheus-stack's own, and whatever says of itself that it is none. */
export function isNoTrouble(labels: Labels): boolean {
  const { alertname, hikeshi_severity, severity = '' } = labels
  if (alertname === 'Watchdog' || alertname === 'InfoInhibitor') return true
  return (hikeshi_severity ?? severity).toLowerCase() === 'none'
}
