/** Which rights in Kubernetes the steps of a runbook need; the roles are those of deploy/kubernetes/. */
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { stepsIn } from '../../domain/runbook/steps-in.ts'
import type { Text } from '../../domain/words.ts'

export type Right = {
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly verb: string
  readonly role: 'hikeshi-viewer' | 'hikeshi-operator' | 'hikeshi-exec'
}

/** What steps do without where it is missing, and say so. */
export type ExtraRight = Omit<Right, 'role'> & { readonly without: Text }

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

const extraByKind: { readonly [kind: string]: readonly ExtraRight[] } = {
  'kubernetes.set-resources': [
    {
      group: '',
      resource: 'nodes',
      verb: 'list',
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
export function rightsFor(book: Runbook): readonly Right[] {
  const needed = [...always, ...kindsIn(book).flatMap((kind) => byKind[kind] ?? [])]
  return [...new Map(needed.map((right) => [showRight(right), right])).values()]
}

export function extraRightsFor(book: Runbook): readonly ExtraRight[] {
  return kindsIn(book).flatMap((kind) => extraByKind[kind] ?? [])
}

function kindsIn(book: Runbook): readonly string[] {
  return [...new Set(stepsIn(book).map(({ kind }) => kind))]
}

/** `patch apps/deployments` */
export function showRight({ group, resource, subresource, verb }: Omit<Right, 'role'>): string {
  const name = subresource === undefined ? resource : `${resource}/${subresource}`
  return `${verb} ${group === '' ? name : `${name}.${group}`}`
}
