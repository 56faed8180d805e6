/** The services of the little system that the lab runs, as they are after `lab up`. */
export type Service = {
  readonly name: 'backend' | 'frontend' | 'ai-server'
  readonly replicas: number
  /** Oldest first; the last one is live after `up`. All are good, so every rollback leads to something that works. */
  readonly revisions: readonly Revision[]
  readonly memory: string
  /** What each of its pods says it uses, for `kubectl top`. */
  readonly usage: { readonly cpu: string; readonly memory: string }
}

export type Revision = { readonly image: string; readonly cause: string }

export const services: readonly Service[] = [
  {
    name: 'backend',
    replicas: 3,
    memory: '2Gi',
    usage: { cpu: '120m', memory: '800Mi' },
    revisions: [
      { image: 'shodo/backend:1.3.0', cause: 'release 1.3.0: brush pressure in the scoring' },
      { image: 'shodo/backend:1.4.0', cause: 'release 1.4.0: streaming of strokes' },
      { image: 'shodo/backend:1.4.1', cause: 'release 1.4.1: fewer queries per page' },
    ],
  },
  {
    name: 'frontend',
    replicas: 2,
    memory: '256Mi',
    usage: { cpu: '15m', memory: '90Mi' },
    revisions: [
      { image: 'shodo/frontend:2.0.0', cause: 'release 2.0.0: vertical writing' },
      { image: 'shodo/frontend:2.0.1', cause: 'release 2.0.1: faster first paint' },
    ],
  },
  {
    name: 'ai-server',
    replicas: 1,
    memory: '32Gi',
    usage: { cpu: '900m', memory: '20Gi' },
    revisions: [
      { image: 'shodo/ai-server:0.8.0', cause: 'release 0.8.0: model kaisho-7' },
      { image: 'shodo/ai-server:0.9.0', cause: 'release 0.9.0: model gyosho-2' },
    ],
  },
]

export const shodoNamespace = 'shodo'

/** A pod with this label crashes (see cluster/stages.yaml), at once or after the annotated time. */
export const crashLabel = 'hikeshi.lab/crash'
export const crashAfter = 'hikeshi.lab/crash-after'

/** A pod with this label is killed for lack of memory again and again; the app gives it (leak.mjs). */
export const oomLabel = 'hikeshi.lab/oom'

export function deploymentName(service: Service['name']): string {
  return `shodo-${service}`
}

export function liveRevision(service: Service): Revision {
  const live = service.revisions.at(-1)
  if (!live) throw new Error(`${service.name} has no revision`)
  return live
}

export function podTemplate(service: Service, image: string) {
  return {
    metadata: {
      labels: { app: deploymentName(service.name) },
      annotations: {
        'kwok.x-k8s.io/usage-cpu': service.usage.cpu,
        'kwok.x-k8s.io/usage-memory': service.usage.memory,
      },
    },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: service.name,
          image,
          ports: [{ containerPort: 8080 }],
          readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 5 },
          resources: {
            requests: { cpu: '100m', memory: service.memory },
            limits: { memory: service.memory },
          },
        },
      ],
    },
  }
}

export function deployment(service: Service, revision: Revision, replicas: number) {
  const name = deploymentName(service.name)
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace: shodoNamespace,
      labels: { app: name },
      annotations: { 'kubernetes.io/change-cause': revision.cause },
    },
    spec: {
      replicas,
      revisionHistoryLimit: 10,
      // All new pods at once: a deploy that crashes after a moment has then replaced every good pod.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } },
      selector: { matchLabels: { app: name } },
      template: podTemplate(service, revision.image),
    },
  }
}
