/** What steps need of Kubernetes, by what several of them do alike. */
import type { Optional, Right } from './needs.ts'

/** Workloads of the namespace with their pods. */
export const workloads: readonly Right[] = ['list pods', 'list deployments.apps', 'list replicasets.apps']

export const emptyWorkloads: Optional<Right> = {
  what: ['list statefulsets.apps'],
  without: {
    en: 'a StatefulSet that lacks its pods is not detected',
    ja: 'Pod のない StatefulSet を検出できません',
  },
}

export const refusedPods: Optional<Right> = {
  what: ['list events'],
  without: {
    en: 'why a StatefulSet cannot create its pods is unknown',
    ja: 'StatefulSet が Pod を作成できない理由が分かりません',
  },
}

/** Whoever looks at the pods of an incident also follows their logs (docs/evidence.md). */
export const keptLogs: Optional<Right> = {
  what: ['get pods/log'],
  without: {
    en: 'logs are not kept while an incident is open',
    ja: 'インシデント中のログを保管できません',
  },
}

/** One Deployment, its revisions and its pods. */
export const deployment: readonly Right[] = ['get deployments.apps', 'list replicasets.apps', 'list pods']

/** One Lease for each target keeps two incidents from changing it at once. */
export const leases: readonly Right[] = [
  'create leases.coordination.k8s.io',
  'get leases.coordination.k8s.io',
  'update leases.coordination.k8s.io',
  'delete leases.coordination.k8s.io',
]

/** Of what is outside of Kubernetes, which may be down together with it. */
export const leasesIfPossible: Optional<Right> = {
  what: leases,
  without: {
    en: 'nothing stops two incidents from working on one server at once',
    ja: '複数のインシデントが同じサーバーを同時に操作することを防げません',
  },
}

/** A Ready pod is evicted, any other one is deleted. */
export const deletion: readonly Right[] = ['get pods', 'create pods/eviction', 'delete pods']

/** Over a websocket, older API servers ask for "get", newer ones for "create" as well. */
export const exec: readonly Right[] = ['create pods/exec', 'get pods/exec']

/** The pod of a Job beside a database's own, in which the work on its data is done; its copy is reached through the API. */
export const dataInJob: Optional<Right> = {
  what: [
    'get statefulsets.apps',
    // The Job that is ours is recorded there.
    'patch statefulsets.apps',
    'get pods',
    'list pods',
    'list events',
    'get jobs.batch',
    'create jobs.batch',
    'delete jobs.batch',
    ...exec,
    'create pods/portforward',
    'get pods/portforward',
  ],
  without: {
    en: 'an entry of the connections file with `job` cannot be used',
    ja: '接続設定で job を指定した項目は使用できません',
  },
}

/** A program in a pod that is named, or in one of a Deployment's. */
export const inContainer: readonly Right[] = [...deployment, 'get pods', ...exec]

/** A change of a Deployment, whose rollout is awaited. */
export const patching: { readonly needs: readonly Right[] } = {
  needs: [...deployment, 'patch deployments.apps', ...leases],
}
