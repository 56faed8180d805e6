/** Which rights in Kubernetes kinds of steps need; the roles are those of deploy/kubernetes/. */
import type { Text } from '../../domain/words.ts'

export type Right = {
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly verb: string
  readonly role: 'hikeshi-viewer' | 'hikeshi-operator' | 'hikeshi-exec'
}

/** What steps do without where it is missing, and say so. */
export type ExtraRight = Omit<Right, 'role'> & { readonly everywhere?: true; readonly without: Text }

const look = (group: string, resource: string, verb: string, subresource?: string): Right => ({
  group,
  resource,
  verb,
  role: 'hikeshi-viewer',
  ...(subresource === undefined ? {} : { subresource }),
})
const change = (group: string, resource: string, verb: string, subresource?: string): Right => ({
  ...look(group, resource, verb, subresource),
  role: 'hikeshi-operator',
})

/** Of its own role, which a team gives only where it wants it (rbac-exec.yaml). */
const exec: readonly Right[] = ['create', 'get'].map((verb) => ({
  ...look('', 'pods', verb, 'exec'),
  role: 'hikeshi-exec',
}))

/** The situation of every incident, whatever its steps. */
const always: readonly Right[] = [
  look('', 'pods', 'list'),
  look('', 'events', 'list'),
  look('apps', 'deployments', 'list'),
  look('apps', 'replicasets', 'list'),
]

const lease: readonly Right[] = ['create', 'get', 'update', 'delete'].map((verb) =>
  change('coordination.k8s.io', 'leases', verb),
)

const patch: readonly Right[] = [
  look('apps', 'deployments', 'get'),
  change('apps', 'deployments', 'patch'),
  ...lease,
]

const deletion: readonly Right[] = [
  look('', 'pods', 'get'),
  change('', 'pods', 'delete'),
  change('', 'pods', 'create', 'eviction'),
]

const inContainer: readonly Right[] = [look('', 'pods', 'get'), look('apps', 'deployments', 'get'), ...exec]

const byKind: { readonly [kind: string]: readonly Right[] } = {
  'kubernetes.logs': [look('', 'pods', 'get', 'log'), look('apps', 'deployments', 'get')],
  'kubernetes.scale': patch,
  'kubernetes.rollout-undo': patch,
  'kubernetes.rollout-restart': patch,
  'kubernetes.set-resources': patch,
  'kubernetes.delete-pods': [...deletion, ...lease],
  'kubernetes.top': [look('metrics.k8s.io', 'pods', 'list')],
  'kubernetes.connections': inContainer,
  'kubernetes.exec-read': inContainer,
  'kubernetes.exec': [...inContainer, ...lease],
  // Where it may not hold a Lease it does without.
  'postgres.rebuild-replica': deletion,
  'ai-server.gpu': inContainer,
  'ai-server.models': inContainer,
}

/** Without it a StatefulSet that is missing, or whose pods cannot be made, is not seen in the picture. */
const statefulSets: ExtraRight = {
  group: 'apps',
  resource: 'statefulsets',
  verb: 'list',
  without: {
    en: 'a StatefulSet without its pods is not found (deploy/kubernetes/rbac.yaml)',
    ja: 'Pod のない StatefulSet を検出できません（deploy/kubernetes/rbac.yaml）',
  },
}

const extraByKind: { readonly [kind: string]: readonly ExtraRight[] } = {
  'kubernetes.scale': [
    {
      group: 'autoscaling',
      resource: 'horizontalpodautoscalers',
      verb: 'list',
      without: {
        en: 'kubernetes.scale cannot say whether an autoscaler sets the replicas too (deploy/kubernetes/rbac.yaml)',
        ja: 'kubernetes.scale は、オートスケーラー（HPA）の有無を確認できません（deploy/kubernetes/rbac.yaml）',
      },
    },
  ],
  'postgres.rebuild-replica': [
    {
      group: '',
      resource: 'pods',
      subresource: 'exec',
      verb: 'create',
      without: {
        en: 'postgres.rebuild-replica is refused where the servers do not tell the addresses of their pods (deploy/kubernetes/rbac-exec.yaml)',
        ja: 'postgres.rebuild-replica は、サーバーから Pod のアドレスが分からない場合に拒否されます（deploy/kubernetes/rbac-exec.yaml）',
      },
    },
  ],
  'kubernetes.exec': [
    {
      group: 'coordination.k8s.io',
      resource: 'leases',
      verb: 'list',
      without: {
        en: 'the signs of programs that were started stay until their workload goes (deploy/kubernetes/rbac-exec.yaml)',
        ja: '実行済みプログラムの印（Lease）は、ワークロードがなくなるまで残ります（deploy/kubernetes/rbac-exec.yaml）',
      },
    },
  ],
  'kubernetes.set-resources': [
    {
      group: '',
      resource: 'nodes',
      verb: 'list',
      everywhere: true,
      without: {
        en: 'kubernetes.set-resources cannot check whether a node could hold the pods (deploy/kubernetes/rbac-nodes.yaml)',
        ja: 'kubernetes.set-resources は、ノードに収まるかを確認できません（deploy/kubernetes/rbac-nodes.yaml）',
      },
    },
  ],
}

/** A right that a team may hold back: steps that need it are refused, everything else works. */
export function isOptional({ role }: Right): boolean {
  return role === 'hikeshi-exec'
}

/** Each right once. */
export function rightsFor(kinds: readonly string[]): readonly Right[] {
  const needed = [...always, ...kinds.flatMap((kind) => byKind[kind] ?? [])]
  return [...new Map(needed.map((right) => [showRight(right), right])).values()]
}

export function extraRightsFor(kinds: readonly string[]): readonly ExtraRight[] {
  return [statefulSets, ...kinds.flatMap((kind) => extraByKind[kind] ?? [])]
}

/** `patch apps/deployments` */
export function showRight({ group, resource, subresource, verb }: Omit<Right, 'role'>): string {
  const name = subresource === undefined ? resource : `${resource}/${subresource}`
  return `${verb} ${group === '' ? name : `${name}.${group}`}`
}
