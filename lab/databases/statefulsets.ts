/** The StatefulSets of the databases; the node agent runs a real process for each of their pods. */
import type { ClusterApi } from '../cluster/api.ts'
import type { Without } from '../part.ts'
import { shodoNamespace } from '../shodo/services.ts'
import { until } from '../waiting.ts'
import { type DatabaseSet, databasePods } from './site.ts'

/** A pod with this label has a real process behind it, the one that the label names. */
const processLabel = 'hikeshi.lab/process'

const collection = `/apis/apps/v1/namespaces/${shodoNamespace}/statefulsets`

type Role = {
  readonly labels: Readonly<Record<string, string>>
  readonly image: string
  readonly memory: string
}

const roles: Readonly<Record<DatabaseSet, Role>> = {
  'postgres-primary': { labels: { app: 'postgres', role: 'primary' }, image: 'postgres:15', memory: '4Gi' },
  'postgres-replica': { labels: { app: 'postgres', role: 'replica' }, image: 'postgres:15', memory: '4Gi' },
  'redis-master': { labels: { app: 'redis', role: 'master' }, image: 'redis:7', memory: '2Gi' },
}

/** Those of them that this machine has programs for. */
export function setsWith(without: Without): readonly DatabaseSet[] {
  const all = Object.keys(databasePods) as DatabaseSet[]
  return all.filter((set) => without[set === 'redis-master' ? 'redis' : 'postgres'] === undefined)
}

export function podLabels(set: DatabaseSet): Role['labels'] {
  return roles[set].labels
}

export async function deployDatabases(cluster: ClusterApi, without: Without): Promise<void> {
  await Promise.all(setsWith(without).map((set) => cluster.post(collection, statefulSet(set))))
}

/** Brings each StatefulSet back to what `up` had made of it. */
export async function restoreDatabases(cluster: ClusterApi, without: Without): Promise<void> {
  await Promise.all(
    setsWith(without).map((set) => cluster.mergePatch(`${collection}/${set}`, statefulSet(set))),
  )
  await databasesReady(cluster, without)
}

export async function databasesReady(cluster: ClusterApi, without: Without): Promise<void> {
  for (const set of setsWith(without)) {
    await until(
      async () => {
        const { status } = await cluster.get<{ status: { readyReplicas?: number } }>(`${collection}/${set}`)
        return status.readyReplicas === 1
      },
      { what: `${set}-0 to be ready`, withinMs: 60_000 },
    )
  }
}

function statefulSet(set: DatabaseSet) {
  const { labels, image, memory } = roles[set]
  const [name = set] = Object.values(labels)
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: set, namespace: shodoNamespace, labels },
    spec: {
      replicas: 1,
      serviceName: set,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, [processLabel]: set } },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 1,
          containers: [{ name, image, resources: { requests: { cpu: '100m', memory }, limits: { memory } } }],
        },
      },
    },
  }
}
