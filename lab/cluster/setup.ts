import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import type { Site } from '../parts/part.ts'
import { packageRoot } from '../places.ts'
import { services, shodoNamespace } from '../shodo/services.ts'
import type { ClusterApi, KubernetesObject } from './api.ts'
import { credentialFiles, writeKubeconfig } from './credentials.ts'

export const workerAccount = 'hikeshi-worker'

/** Where each kind we apply lives; the API itself would be slower to ask. */
const collections: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  Node: '/api/v1/nodes',
  ServiceAccount: `/api/v1/namespaces/${shodoNamespace}/serviceaccounts`,
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
  // Pods need it, and its controller takes a second or two to make it.
  const account = { name: 'default', namespace: shodoNamespace }
  await Promise.all([
    apply(cluster, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }),
    ...['node-1', 'node-2'].map((name) => apply(cluster, node(name, site.ports.kwok))),
    applyWorkerRights(cluster),
  ])
  await giveWorkerToken(cluster, site)
}

export async function applyWorkerRights(cluster: ClusterApi): Promise<void> {
  const file = readFileSync(join(packageRoot, 'deploy', 'kubernetes', 'rbac.yaml'), 'utf8')
  for (const document of parseAllDocuments(file)) await apply(cluster, document.toJS())
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

/** Room for a thousand pods on each; the scheduler believes what is written here. */
function node(name: string, kubeletPort: number): KubernetesObject {
  const room = { cpu: '512', memory: '4Ti', pods: '2000' }
  const object = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
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

/** Writes kwok's settings: the stages of this folder, and where the log of each service's pods lies. */
export function configureKwok({ dir }: Site): void {
  const logs = {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'ClusterLogs',
    metadata: { name: 'shodo' },
    spec: {
      logs: services.map(({ name }) => ({
        containers: [name],
        logsFile: join(dir, 'pod-logs', `${name}.log`),
        previousLogsFile: join(dir, 'pod-logs', `${name}.log`),
      })),
    },
  }
  const stages = readFileSync(join(packageRoot, 'lab', 'cluster', 'stages.yaml'), 'utf8')
  writeFileSync(join(dir, 'kwok.yaml'), `${stages}---\n${stringify(logs)}`)
}
