import { join } from 'node:path'
import { openCluster } from '../cluster/api.ts'
import { credentialFiles } from '../cluster/credentials.ts'
import { entered } from '../exec/isolation.ts'
import type { Part } from '../part.ts'
import { answersOk } from './answers-ok.ts'

export const etcd: Part = {
  command: ({ dir, ports, binaries }) => [
    binaries.etcd,
    '--name=lab',
    `--data-dir=${join(dir, 'etcd')}`,
    `--listen-client-urls=http://127.0.0.1:${ports.etcd}`,
    `--advertise-client-urls=http://127.0.0.1:${ports.etcd}`,
    `--listen-peer-urls=http://127.0.0.1:${ports.etcdPeer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${ports.etcdPeer}`,
    `--initial-cluster=lab=http://127.0.0.1:${ports.etcdPeer}`,
    '--log-level=warn',
    // The lab survives kill -9 of etcd, not a power cut of the machine; without fsync it comes up faster.
    '--unsafe-no-fsync',
  ],
  ready: ({ ports }) => answersOk(`http://127.0.0.1:${ports.etcd}/health`),
  graceMs: 3_000,
}

export const apiServer: Part = {
  command: ({ dir, ports, binaries }) => {
    const files = credentialFiles(dir)
    return [
      binaries['kube-apiserver'],
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${ports.apiServer}`,
      `--cert-dir=${files.certificates}`, // it signs its own certificate there and keeps it
      `--token-auth-file=${files.tokens}`,
      '--authorization-mode=Node,RBAC',
      '--anonymous-auth=false',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${files.serviceAccountPublicKey}`,
      `--service-account-signing-key-file=${files.serviceAccountKey}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--endpoint-reconciler-type=none', // 127.0.0.1 is no valid endpoint, and nobody asks for it
      '--enable-priority-and-fairness=false', // its bootstrap costs seconds of start
      // There is no node lifecycle controller here to take the not-ready taint off again.
      '--disable-admission-plugins=TaintNodesByCondition',
      '--kubelet-preferred-address-types=InternalIP',
    ]
  },
  ready: async ({ dir, ports }) => {
    await openCluster(dir, ports.apiServer).get('/readyz')
    return true
  },
  graceMs: 4_000,
}

export const controllerManager: Part = {
  command: ({ dir, ports, binaries }) => [
    binaries['kube-controller-manager'],
    `--kubeconfig=${credentialFiles(dir).kubeconfig}`,
    `--secure-port=${ports.controllerManager}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${join(dir, 'certificates', 'controller-manager')}`,
    '--leader-elect=false',
    `--controllers=${controllers.join(',')}`,
    '--concurrent-deployment-syncs=5',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ],
  ready: ({ ports }) => answersOk(`https://127.0.0.1:${ports.controllerManager}/healthz`),
  graceMs: 2_000,
}

// What a namespace with Deployments, StatefulSets and Jobs needs; the other thirty would only cost start time.
const controllers = [
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'job-controller',
  'ttl-after-finished-controller',
  'disruption-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'pod-garbage-collector-controller',
]

export const scheduler: Part = {
  command: ({ dir, ports, binaries }) => [
    binaries['kube-scheduler'],
    `--kubeconfig=${credentialFiles(dir).kubeconfig}`,
    `--secure-port=${ports.scheduler}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${join(dir, 'certificates', 'scheduler')}`,
    // Prometheus comes without a name.
    '--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics',
    '--leader-elect=false',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ],
  ready: ({ ports }) => answersOk(`https://127.0.0.1:${ports.scheduler}/readyz`),
  graceMs: 2_000,
}

export const kwok: Part = {
  command: (site) => [
    ...entered(site),
    site.binaries.kwok,
    `--kubeconfig=${credentialFiles(site.dir).kubeconfig}`,
    `--config=${join(site.dir, 'kwok.yaml')}`,
    '--manage-all-nodes=true',
    '--enable-crds=Logs',
    `--server-address=127.0.0.1:${site.ports.kwok}`,
    '--node-ip=127.0.0.1',
    `--node-port=${site.ports.kwok}`,
  ],
  ready: ({ ports }) => answersOk(`http://127.0.0.1:${ports.kwok}/healthz`),
  graceMs: 2_000,
}
