import type { Ports } from '../ports.ts'
import type { ClusterApi } from './api.ts'

/** Tells the API server who serves metrics.k8s.io. Not where nobody does: an API that is announced and dead delays every client. */
export async function announceMetrics(cluster: ClusterApi, ports: Ports): Promise<void> {
  const service = { name: 'metrics-server', namespace: 'kube-system' }
  await cluster.post(`/api/v1/namespaces/${service.namespace}/services`, {
    metadata: { name: service.name },
    spec: { type: 'ExternalName', externalName: 'localhost' },
  })
  await letAnonymousRead(cluster)
  await cluster.post('/apis/apiregistration.k8s.io/v1/apiservices', {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      service: { ...service, port: ports.metricsServer },
      insecureSkipTLSVerify: true, // it signs its own certificate
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  })
}

/**
 * The API server passes questions on without a certificate of its own, so metrics-server takes it for nobody. That nobody may read
 * figures there: the API server has asked for the person's own rights before, and lets no nobody in itself.
 */
async function letAnonymousRead(cluster: ClusterApi): Promise<void> {
  const name = 'lab-metrics'
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  await cluster.post(`${rbac}/clusterroles`, {
    metadata: { name },
    rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list'] }],
  })
  await cluster.post(`${rbac}/clusterrolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:anonymous' }],
  })
}
