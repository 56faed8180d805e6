/**
 * What kinds of steps need of the systems that they reach, as data. The doctor, `hikeshi rbac`, deploy/kubernetes/ and the tables of the docs
 * are drawn from it or held to it.
 */
import { present } from '../present.ts'
import type { Text } from '../words.ts'

/** Every right in Kubernetes that a step can need, as `kubectl auth can-i` words it, with the role that gives it. */
export const rights = {
  'list pods': 'hikeshi-viewer',
  'get pods': 'hikeshi-viewer',
  'get pods/log': 'hikeshi-viewer',
  'list events': 'hikeshi-viewer',
  'list deployments.apps': 'hikeshi-viewer',
  'get deployments.apps': 'hikeshi-viewer',
  'list replicasets.apps': 'hikeshi-viewer',
  'list statefulsets.apps': 'hikeshi-viewer',
  'list pods.metrics.k8s.io': 'hikeshi-viewer',
  'list horizontalpodautoscalers.autoscaling': 'hikeshi-viewer',
  'patch deployments.apps': 'hikeshi-operator',
  'get statefulsets.apps': 'hikeshi-operator',
  'patch statefulsets.apps': 'hikeshi-operator',
  'delete pods': 'hikeshi-operator',
  'create pods/eviction': 'hikeshi-operator',
  'create leases.coordination.k8s.io': 'hikeshi-operator',
  'get leases.coordination.k8s.io': 'hikeshi-operator',
  'update leases.coordination.k8s.io': 'hikeshi-operator',
  'delete leases.coordination.k8s.io': 'hikeshi-operator',
  'create pods/exec': 'hikeshi-exec',
  'get pods/exec': 'hikeshi-exec',
  'list leases.coordination.k8s.io': 'hikeshi-exec',
  'get jobs.batch': 'hikeshi-jobs',
  'create jobs.batch': 'hikeshi-jobs',
  'delete jobs.batch': 'hikeshi-jobs',
  'create pods/portforward': 'hikeshi-jobs',
  'get pods/portforward': 'hikeshi-jobs',
  'list nodes': 'hikeshi-nodes',
} as const satisfies Readonly<Record<string, keyof typeof roles>>

/** The roles, with the file of deploy/kubernetes/ that makes each. */
export const roles = {
  'hikeshi-viewer': 'rbac.yaml',
  'hikeshi-operator': 'rbac.yaml',
  /** A team may well hold it back: steps that need it are refused, everything else works. */
  'hikeshi-exec': 'rbac-exec.yaml',
  /** Only of a worker whose connections file has a `job`. */
  'hikeshi-jobs': 'rbac-jobs.yaml',
  /** Over what belongs to no namespace. */
  'hikeshi-nodes': 'rbac-nodes.yaml',
} as const

export type Right = keyof typeof rights
export type Role = keyof typeof roles

/** Things that a step does without where they are missing, and what is missing then. */
export type Optional<What> = { readonly what: readonly What[]; readonly without: Text }

type Wanted<What> = { readonly needs: readonly What[]; readonly optional?: readonly Optional<What>[] }

/** Roles that PostgreSQL itself has, and extensions. */
export type PostgresGrant = 'pg_monitor' | 'pg_signal_backend' | 'pg_read_all_data' | PostgresExtension
export type PostgresExtension = 'pg_stat_statements' | 'amcheck'

export function isExtension(grant: PostgresGrant): grant is PostgresExtension {
  return grant === 'pg_stat_statements' || grant === 'amcheck'
}

/** The statements that give it to a role, whose name is quoted where it has to be. */
export function grantSql(grant: PostgresGrant, role: string): string {
  if (!isExtension(grant)) return `grant ${grant} to ${role}`
  const made = `create extension if not exists ${grant}`
  // Its functions are nobody's but a superuser's.
  return grant === 'amcheck'
    ? `${made}; grant execute on function bt_index_check(regclass, boolean) to ${role}`
    : made
}

/** A system that is missing here is not reached, or with nothing but its address. */
export type Needs = {
  readonly kubernetes?: Wanted<Right>
  readonly postgres?: Wanted<PostgresGrant> & {
    /** Which of the two is asked; the other one has no answer. */
    readonly server?: 'primary' | 'replica'
  }
  /** Commands with arguments that Redis' rules can be asked about, such as `MEMORY USAGE hikeshi-any-key`. */
  readonly redis?: Wanted<string>
}

/** The systems in which hikeshi has rights of its own. */
export const systems = ['kubernetes', 'postgres', 'redis'] as const satisfies readonly (keyof Needs)[]

/** Of a step that reaches its target by an address alone. */
export const nothing: Needs = {}

/** What several kinds need together: what all need, and what some would like that none of them needs. */
export function needsTogether<What extends string>(
  all: readonly (Wanted<What> | undefined)[],
): {
  readonly needs: readonly What[]
  readonly optional: readonly Optional<What>[]
} {
  const needs = [...new Set(all.flatMap((one) => one?.needs ?? []))]
  const byText = new Map<string, Optional<What>>()
  for (const { what, without } of all.flatMap((one) => one?.optional ?? [])) {
    const known = byText.get(without.en)?.what ?? []
    const more = [...new Set([...known, ...what])].filter((each) => !needs.includes(each))
    if (more.length > 0) byText.set(without.en, { what: more, without })
  }
  return { needs, optional: [...byText.values()] }
}

/** What a worker does without that has no `job` in its connections file. */
export function isForJobs({ what }: Optional<Right>): boolean {
  return what.some((right) => rights[right] === 'hikeshi-jobs')
}

/** A right as the API server takes it. */
export type RightParts = {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  /** It belongs to no namespace. */
  readonly everywhere?: true
}

export function partsOfRight(right: Right): RightParts {
  const [, verb = '', resource = '', subresource, group = ''] =
    /^(\w+) (\w+)(?:\/(\w+))?(?:\.(.+))?$/.exec(right) ?? []
  return {
    verb,
    group,
    resource,
    ...present({ subresource }),
    ...(rights[right] === 'hikeshi-nodes' ? { everywhere: true } : {}),
  }
}

/** The role that gives a verb on a resource that is named without its group, as in `get` and `pods/log`. */
export function roleFor(verb: string, resource: string): Role | undefined {
  const found = (Object.keys(rights) as Right[]).find((right) => {
    const parts = partsOfRight(right)
    const name = parts.subresource === undefined ? parts.resource : `${parts.resource}/${parts.subresource}`
    return parts.verb === verb && (name === resource || right === `${verb} ${resource}`)
  })
  return found && rights[found]
}

/** What a user of Redis must be given for a command: `+memory|usage`, and `~hikeshi:*` where it names a key. */
export function redisRule(command: string): { readonly command: string; readonly keys?: string } {
  const [name = '', inner = '', ...rest] = command.split(' ')
  const rule = `+${[name, ...(containers.includes(name) ? [inner] : [])].join('|').toLowerCase()}`
  const words = [inner, ...rest]
  if (words.includes(anyKey)) return { command: rule, keys: '%R~*' }
  return words.includes(ownKey) ? { command: rule, keys: '~hikeshi:*' } : { command: rule }
}

/** Commands whose second word is a command of its own. */
const containers: readonly string[] = ['MEMORY', 'CONFIG', 'CLIENT', 'CLUSTER', 'ACL']

/** Keys that stand in commands for those of the applications, and for hikeshi's own. */
export const anyKey = 'hikeshi-any-key'
export const ownKey = 'hikeshi:access'
