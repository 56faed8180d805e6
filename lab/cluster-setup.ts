import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments, stringify } from 'yaml'
import type { ClusterApi, KubernetesObject } from './cluster/api.ts'
import { credentialFiles, writeKubeconfig } from './cluster/credentials.ts'
import { announceMetrics } from './cluster/metrics.ts'
import { clusterExecs, clusterPorts } from './exec/cluster-execs.ts'
import { packageRoot } from './folders.ts'
import type { Site } from './part.ts'
import { shodoNamespace } from './shodo/services.ts'
import { until } from './waiting.ts'

export const workerAccount = 'hikeshi-worker'

/** Where each kind we apply lives; the API itself would be slower to ask. */
const collections: Readonly<Record<string, string>> = {
  CustomResourceDefinition: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  Namespace: '/api/v1/namespaces',
  Node: '/api/v1/nodes',
  ServiceAccount: `/api/v1/namespaces/${shodoNamespace}/serviceaccounts`,
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  Role: `/apis/rbac.authorization.k8s.io/v1/namespaces/${shodoNamespace}/roles`,
  RoleBinding: `/apis/rbac.authorization.k8s.io/v1/namespaces/${shodoNamespace}/rolebindings`,
}

/** Creates the object, or brings an existing one to this state. */
export async function apply(cluster: ClusterApi, object: KubernetesObject): Promise<void> {
  const collection = collections[object.kind ?? '']
  if (!collection) throw new Error(`the lab does not know where a ${object.kind} lives`)
  await cluster.post(collection, object).catch((error) => {
    if (error.code !== 409) throw error
    return cluster.mergePatch(`${collection}/${object.metadata.name}`, object)
  })
}

/** Nodes, the namespace, and the worker's account with exactly the rights we tell users to give. */
export async function setUpCluster(cluster: ClusterApi, site: Site): Promise<void> {
  await apply(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shodoNamespace } })
  const kubeSystem = apply(cluster, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'kube-system' },
  })
  // Pods need it, and its controller takes a second or two to make it.
  const account = { name: 'default', namespace: shodoNamespace }
  await Promise.all([
    kubeSystem,
    apply(cluster, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }),
    ...nodeNames.map((name) => apply(cluster, node(name, site.ports.kwok))),
    applyWorkerRights(cluster),
    ...(site.without['metrics-server'] === undefined
      ? [kubeSystem.then(() => announceMetrics(cluster, site.ports))]
      : []),
  ])
  await giveWorkerToken(cluster, site)
}

export async function applyWorkerRights(cluster: ClusterApi): Promise<void> {
  // A lab in which the worker may not look into containers could not show half of what a runbook does.
  for (const name of ['rbac.yaml', 'rbac-nodes.yaml', 'rbac-exec.yaml', 'rbac-jobs.yaml']) {
    const file = readFileSync(join(packageRoot, 'deploy', 'kubernetes', name), 'utf8')
    for (const document of parseAllDocuments(file)) await apply(cluster, document.toJS())
  }
}

async function giveWorkerToken(cluster: ClusterApi, { dir, ports }: Site): Promise<void> {
  const path = `${collections.ServiceAccount}/${workerAccount}/token`
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 365 * 86_400 },
  }
  const { status } = await cluster.post<{ status: { token: string } }>(path, request)
  writeKubeconfig(credentialFiles(dir).workerKubeconfig, {
    dir,
    apiServerPort: ports.apiServer,
    user: workerAccount,
    token: status.token,
  })
}

const nodeNames = ['node-1', 'node-2']
/** Room for a thousand pods on each; the scheduler believes what is written here. */
const room = { cpu: '512', memory: '4Ti', pods: '2000' }

/** Changes how much memory the scheduler believes a node to hold, in bytes; nodes without a figure get back what they had. Pods that run stay. */
export async function setNodeRoom(
  cluster: ClusterApi,
  memory: Readonly<Record<string, number>> = {},
): Promise<void> {
  await Promise.all(
    nodeNames.map((name) =>
      cluster.mergePatch(`${collections.Node}/${name}/status`, {
        status: { allocatable: { ...room, memory: String(memory[name] ?? room.memory) } },
      }),
    ),
  )
}

function node(name: string, kubeletPort: number): KubernetesObject {
  const object = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' },
      annotations: { 'metrics.k8s.io/resource-metrics-path': `/metrics/nodes/${name}/metrics/resource` },
    },
    status: {
      capacity: room,
      allocatable: room,
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      nodeInfo: {
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'kwok',
        kernelVersion: 'kwok',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.34.4',
        machineID: '',
        operatingSystem: 'linux',
        osImage: 'kwok',
        systemUUID: '',
      },
    },
  }
  return object
}

/** Teaches the API server the kind by which kwok learns where each pod's log lies; kwok must not start before. */
export async function defineLogs(cluster: ClusterApi): Promise<void> {
  await apply(cluster, parse(readFileSync(join(packageRoot, 'lab', 'cluster', 'pod-logs.yaml'), 'utf8')))
  await until(async () => Boolean(await cluster.get('/apis/kwok.x-k8s.io/v1alpha1/logs')), {
    what: 'the kind Logs to be served',
    withinMs: 20_000,
  })
}

/** Writes kwok's settings: the stages of this folder, and an empty log for a pod whose own is not known yet. */
export function configureKwok(site: Site): void {
  const { dir } = site
  const empty = join(dir, 'starting.log')
  writeFileSync(empty, '')
  const logs = {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'ClusterLogs',
    metadata: { name: 'starting' },
    spec: { logs: [{ logsFile: empty, previousLogsFile: empty }] },
  }
  const stages = readFileSync(join(packageRoot, 'lab', 'cluster', 'stages.yaml'), 'utf8')
  const metrics = readFileSync(join(packageRoot, 'lab', 'cluster', 'metrics.yaml'), 'utf8')
  const settings = [logs, ...clusterExecs(site), ...clusterPorts(site)].map((object) => stringify(object))
  writeFileSync(join(dir, 'kwok.yaml'), [stages, metrics, ...settings].join('---\n'))
}
