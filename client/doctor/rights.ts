/** Which rights in Kubernetes the steps of a runbook need; the roles are those of deploy/kubernetes/rbac.yaml. */
import type { Runbook } from '../../domain/runbook/runbook.ts'

export type Right = {
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly verb: string
  readonly role: 'hikeshi-viewer' | 'hikeshi-operator' | 'hikeshi-exec'
}

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

const byKind: { readonly [kind: string]: readonly Right[] } = {
  'kubernetes.logs': [look('', 'pods', 'get', 'log'), look('apps', 'deployments', 'get')],
  'kubernetes.scale': [look('apps', 'deployments', 'get'), change('apps', 'deployments', 'patch'), ...lease],
  'kubernetes.rollout-undo': [
    look('apps', 'deployments', 'get'),
    change('apps', 'deployments', 'patch'),
    ...lease,
  ],
  'kubernetes.rollout-restart': [
    look('apps', 'deployments', 'get'),
    change('apps', 'deployments', 'patch'),
    ...lease,
  ],
  'kubernetes.delete-pods': [look('', 'pods', 'get'), change('', 'pods', 'delete'), ...lease],
  'kubernetes.top': [look('metrics.k8s.io', 'pods', 'list')],
  'kubernetes.connections': [look('', 'pods', 'get'), look('apps', 'deployments', 'get'), ...exec],
  'kubernetes.exec-read': [look('', 'pods', 'get'), look('apps', 'deployments', 'get'), ...exec],
  'ai-server.gpu': [look('', 'pods', 'get'), look('apps', 'deployments', 'get'), ...exec],
  'ai-server.models': [look('', 'pods', 'get'), look('apps', 'deployments', 'get'), ...exec],
  'kubernetes.exec': [look('', 'pods', 'get'), look('apps', 'deployments', 'get'), ...exec, ...lease],
}

/** A right that a team may hold back: steps that need it are refused, everything else works. */
export function isOptional({ role }: Right): boolean {
  return role === 'hikeshi-exec'
}

/** Each right once. */
export function rightsFor(book: Runbook): readonly Right[] {
  const steps = [
    ...book.symptoms.flatMap((symptom) => symptom.steps),
    ...Object.values(book.severities).flatMap((severity) => severity.quick),
  ]
  const needed = [...always, ...steps.flatMap((step) => byKind[step.kind] ?? [])]
  return [...new Map(needed.map((right) => [showRight(right), right])).values()]
}

/** `patch apps/deployments` */
export function showRight({ group, resource, subresource, verb }: Right): string {
  const name = subresource === undefined ? resource : `${resource}/${subresource}`
  return `${verb} ${group === '' ? name : `${name}.${group}`}`
}
