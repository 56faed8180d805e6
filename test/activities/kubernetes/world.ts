/** A namespace of its own in the shared lab, with real hands on it. */
import { connectionsOf } from '../../../activities/connections-file.ts'
import { handsOf } from '../../../activities/hands.ts'
import { kubernetesApi } from '../../../activities/kubernetes/index.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import type { ClusterApi } from '../../../lab/cluster/api.ts'
import type { Lab } from '../../../lab/index.ts'
import { until } from '../../../lab/waiting.ts'
import { sharedLab } from '../../lab/shared.ts'

export type Seen = {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly generation: number
    readonly annotations?: Readonly<Record<string, string>>
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly spec: {
    readonly replicas: number
    readonly template: {
      readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
      readonly spec: {
        readonly containers: readonly { readonly image: string; readonly resources: Resources }[]
      }
    }
  }
  readonly status: {
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly readyReplicas?: number
    readonly observedGeneration?: number
  }
}

export type Deploy = {
  readonly image?: string
  readonly replicas?: number
  /** The pods of this template crash in a loop: at once, so that the rollout gets stuck, or after 1.5 s, so that it believes in them. */
  readonly crash?: 'at once' | 'later'
  readonly labels?: Readonly<Record<string, string>>
  readonly resources?: Resources
  /** What else its specification says. */
  readonly spec?: object
}

export type Resources = {
  readonly limits?: Readonly<Record<string, string>>
  readonly requests?: Readonly<Record<string, string>>
}

export async function openWorld(title: string) {
  const lab = await sharedLab()
  const cluster = lab.cluster()
  const namespace = `${title}-${Date.now().toString(36)}`
  await cluster.post('/api/v1/namespaces', { metadata: { name: namespace } })
  const kubernetes = kubernetesApi({ cluster: 'lab', kubeconfigPath: lab.kubeconfig })
  // As a worker does: else the first reading spends its time on it.
  await kubernetes.load()
  return {
    lab,
    cluster,
    namespace,
    kubernetes,
    hands: handsOf({ connections: connectionsOf({}, {}), kubernetes }),
    context: (step = 'step', nowMs = Date.now()): StepContext => ({
      incident: 'shodo-42',
      stepRun: `shodo-42/${step}`,
      cluster: 'lab',
      namespace,
      nowMs,
      head: { seq: 7, hash: 'abc123' },
    }),
    ...deploying(cluster, namespace),
    close: () => cluster.delete(`/api/v1/namespaces/${namespace}`),
  }
}

export type World = Awaited<ReturnType<typeof openWorld>>

/** Hands with the worker's own credentials, which reach no further than its roles. */
export function workerHands(lab: Lab) {
  return handsOf({
    connections: connectionsOf({}, {}),
    kubernetes: kubernetesApi({ cluster: 'lab', kubeconfigPath: lab.workerKubeconfig }),
  })
}

export function deploying(cluster: ClusterApi, namespace: string) {
  const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`
  const read = (name: string) => cluster.get<Seen>(`${deployments}/${name}`)
  const list = async (path: string) => (await cluster.get<{ items: Seen[] }>(path)).items
  return {
    deployments,
    read,
    replicaSets: () => list(`/apis/apps/v1/namespaces/${namespace}/replicasets`),
    pods: () => list(`/api/v1/namespaces/${namespace}/pods`),
    deploy: async (name: string, how: Deploy = {}) => {
      await cluster.post(deployments, {
        metadata: { name, labels: { app: name } },
        spec: {
          replicas: how.replicas ?? 2,
          // All new pods at once, so that a bad template replaces the good pods only when it is Ready itself.
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } },
          selector: { matchLabels: { app: name } },
          template: template(name, how),
          ...how.spec,
        },
      })
      await rolledOut(read, name, how.crash ? 0 : (how.replicas ?? 2))
    },
    /** Without waiting for it, in one write: of two the controller may lose what it made of the first. */
    beginRollOut: (name: string, how: Deploy) =>
      cluster.jsonPatch(`${deployments}/${name}`, [
        ...Object.entries(how.spec ?? {}).map(([key, value]) => ({ op: 'add', path: `/spec/${key}`, value })),
        { op: 'replace', path: '/spec/template', value: template(name, how) },
      ]),
    rollOut: async (name: string, how: Deploy) => {
      await cluster.jsonPatch(`${deployments}/${name}`, [
        { op: 'replace', path: '/spec/template', value: template(name, how) },
      ])
      const { spec } = await read(name)
      if (how.crash !== 'at once') await rolledOut(read, name, how.crash ? 0 : spec.replicas)
    },
    settled: (name: string, replicas: number) => rolledOut(read, name, replicas),
  }
}

function template(name: string, { image = 'web:1', crash, labels = {}, resources = {} }: Deploy) {
  return {
    metadata: {
      labels: { app: name, ...labels, ...(crash ? { 'hikeshi.lab/crash': 'true' } : {}) },
      ...(crash === 'later' ? { annotations: { 'hikeshi.lab/crash-after': '1500ms' } } : {}),
    },
    spec: {
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      containers: [{ name: 'web', image, resources }],
    },
  }
}

async function rolledOut(read: (name: string) => Promise<Seen>, name: string, ready: number): Promise<void> {
  await until(
    async () => {
      const { metadata, status, spec } = await read(name)
      return (
        // Else the status is still that of the template before.
        (status.observedGeneration ?? 0) >= metadata.generation &&
        status.updatedReplicas === (spec.replicas || undefined) &&
        status.replicas === (spec.replicas || undefined) &&
        (status.readyReplicas ?? 0) === ready
      )
    },
    { what: `${name} to have ${ready} Ready pods`, withinMs: 30_000 },
  )
}
