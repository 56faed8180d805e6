import type { ClusterApi, KubernetesObject } from '../cluster/api.ts'
import { until } from '../waiting.ts'
import {
  crashLabel,
  deployment,
  deploymentName,
  liveRevision,
  oomLabel,
  podTemplate,
  type Revision,
  type Service,
  services,
  shodoNamespace,
} from './services.ts'

export type Deployment = KubernetesObject & {
  readonly spec: { readonly replicas: number }
  readonly status: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
  }
}

export type Pod = KubernetesObject & {
  readonly spec: {
    readonly nodeName?: string
    readonly containers: readonly {
      readonly resources?: { readonly requests?: { readonly memory?: string } }
    }[]
  }
  readonly status: {
    readonly phase?: string
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
    }[]
    readonly containerStatuses?: readonly {
      readonly restartCount: number
      readonly lastState?: { readonly terminated?: { readonly reason?: string } }
    }[]
  }
}

const deployments = `/apis/apps/v1/namespaces/${shodoNamespace}/deployments`
const pods = `/api/v1/namespaces/${shodoNamespace}/pods`

export function deploymentPath(service: Service['name']): string {
  return `${deployments}/${deploymentName(service)}`
}

/** Makes every service with its history: each older revision is really rolled out, though with no pods. */
export async function deployServices(cluster: ClusterApi): Promise<void> {
  await Promise.all(services.map((service) => deployWithHistory(cluster, service)))
}

async function deployWithHistory(cluster: ClusterApi, service: Service): Promise<void> {
  const path = deploymentPath(service.name)
  for (const [i, revision] of service.revisions.entries()) {
    const replicas = i === service.revisions.length - 1 ? service.replicas : 0
    if (i === 0) await cluster.post(deployments, deployment(service, revision, replicas))
    else await rollOut(cluster, service, revision, replicas)
    await until(
      async () => {
        const { metadata } = await cluster.get<Deployment>(path)
        return metadata.annotations?.['deployment.kubernetes.io/revision'] === String(i + 1)
      },
      { what: `revision ${i + 1} of ${deploymentName(service.name)}`, withinMs: 30_000 },
    )
  }
}

/** Replaces the whole template, so that nothing added by hand (labels, limits, restart marks) is left. */
export async function rollOut(
  cluster: ClusterApi,
  service: Service,
  revision: Revision,
  replicas: number,
  template: object = podTemplate(service, revision.image),
): Promise<void> {
  await cluster.jsonPatch(deploymentPath(service.name), [
    { op: 'replace', path: '/spec/template', value: template },
    { op: 'replace', path: '/spec/replicas', value: replicas },
    { op: 'add', path: '/spec/paused', value: false },
    { op: 'add', path: '/metadata/annotations/kubernetes.io~1change-cause', value: revision.cause },
  ])
}

/** Brings every service back to what it was after `up` and takes away the pods that were made to crash. */
export async function restoreServices(cluster: ClusterApi): Promise<void> {
  await Promise.all(
    services.map((service) => rollOut(cluster, service, liveRevision(service), service.replicas)),
  )
  for (const label of [crashLabel, oomLabel]) {
    const broken = await cluster.get<{ items: Pod[] }>(`${pods}?labelSelector=${label}%3Dtrue`)
    await Promise.all(broken.items.map((pod) => deletePod(cluster, pod)))
  }
  await rolledOut(cluster)
}

async function deletePod(cluster: ClusterApi, pod: Pod): Promise<void> {
  await cluster.delete(`${pods}/${pod.metadata.name}`).catch((error) => {
    if (error.code !== 404) throw error
  })
}

/** Waits until each Deployment runs its newest revision in full and the older pods are gone. */
export async function rolledOut(cluster: ClusterApi): Promise<void> {
  await until(
    async () => {
      const { items } = await cluster.get<{ items: Deployment[] }>(deployments)
      return items.every(isRolledOut)
    },
    { what: 'the rollout of the shodo services', withinMs: 60_000 },
  )
  await until(async () => (await podsOf(cluster)).every((pod) => isReady(pod)), {
    what: 'all shodo pods to be ready and old ones to be gone',
    withinMs: 30_000,
  })
}

function isRolledOut({ metadata, spec, status }: Deployment): boolean {
  return (
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    [status.replicas, status.updatedReplicas, status.availableReplicas].every(
      (n) => (n ?? 0) === spec.replicas,
    )
  )
}

/** Waits until the API serves a log of each pod: kwok learns of them a little after the pods are there. */
export async function logsServed(cluster: ClusterApi): Promise<void> {
  await until(
    async () => {
      const names = (await podsOf(cluster)).map((pod) => pod.metadata.name)
      const logs = await Promise.all(
        names.map((name) => cluster.get<string>(`${pods}/${name}/log?tailLines=1`)),
      )
      return logs.every((log) => log !== '')
    },
    { what: 'the logs of the shodo pods', withinMs: 20_000 },
  )
}

/** Pods of one service of the application, or of all three; those on their way out included. */
export async function podsOf(cluster: ClusterApi, service?: Service['name']): Promise<Pod[]> {
  const apps = service === undefined ? services.map(({ name }) => name) : [service]
  const selector = encodeURIComponent(`app in (${apps.map(deploymentName).join(',')})`)
  return (await cluster.get<{ items: Pod[] }>(`${pods}?labelSelector=${selector}`)).items
}

export function isReady(pod: Pod): boolean {
  const ready = pod.status.conditions?.find((condition) => condition.type === 'Ready')
  return ready?.status === 'True' && !pod.metadata.deletionTimestamp
}

export async function markPods(cluster: ClusterApi, list: readonly Pod[], labels: object): Promise<void> {
  await Promise.all(
    list.map((pod) => cluster.mergePatch(`${pods}/${pod.metadata.name}`, { metadata: { labels } })),
  )
}
