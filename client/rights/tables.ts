/** The tables of docs/kubernetes.md and docs/connections.md, as Markdown: what kinds find and need from the catalogue, the rest from here. */
import { namespaceKinds } from '../../domain/runbook/parts.ts'
import { catalogue, type HandName, handNames } from '../../domain/steps/catalogue.ts'
import type { containerSteps } from '../../domain/steps/containers.ts'
import type { dataSteps } from '../../domain/steps/data.ts'
import type { kubernetesSteps } from '../../domain/steps/kubernetes.ts'
import { type Needs, type Right, redisRule, rights, roles } from '../../domain/steps/needs.ts'
import type { postgresSteps } from '../../domain/steps/postgres.ts'
import type { replicaSteps } from '../../domain/steps/replica.ts'
import { markdownTable } from '../runbook/reference.ts'
import { aclFor, grantsFor } from './databases.ts'

/** What a step is among the words of kubectl. */
const asKubectl: {
  readonly [K in keyof typeof kubernetesSteps | keyof typeof containerSteps | 'kubernetes.log-count']: string
} = {
  'kubernetes.pods': '`get pods`',
  'kubernetes.access': '`auth can-i`',
  'kubernetes.logs': '`logs --tail`, `-f`, `--previous`',
  'kubernetes.log-count': '`logs --since-time`, `--previous`, counted',
  'kubernetes.events': '`get events`',
  'kubernetes.rollouts': '`rollout history`, `rollout status`',
  'kubernetes.scale': '`scale --replicas`',
  'kubernetes.rollout-undo': '`rollout undo`, `--to-revision`',
  'kubernetes.rollout-restart': '`rollout restart`',
  'kubernetes.set-resources': '`set resources --limits --requests`',
  'kubernetes.delete-pods': '`delete pod`, `delete pod -l`',
  'kubernetes.top': '`top pods`, `-l`',
  'kubernetes.connections': '`exec … cat /proc/net/tcp`',
  'kubernetes.exec-read': '`exec`',
  'kubernetes.exec': '`exec`',
}

const ofPostgres: {
  readonly [K in
    | keyof typeof postgresSteps
    | keyof typeof dataSteps
    | keyof typeof replicaSteps
    | 'postgres.count'
    | 'postgres.restore-points'
    | 'postgres.restore-ready']: string
} = {
  'postgres.ready': 'the answers of pg_isready: accepting, rejecting, no response',
  'postgres.connections':
    'connections against `max_connections`, by state, wait and user; the longest idle; all processes by state and wait',
  'postgres.replication':
    "asks the primary: each replica's lag in bytes and time, what PostgreSQL itself reports of it, and slots",
  'postgres.lag':
    'asks the replica: received, replayed, lag (0 when nothing is left to replay), time since the newest replayed transaction',
  'postgres.slow-queries':
    'pg_stat_statements of all databases by mean and total time, and queries that run for long now',
  'postgres.access': 'asked by `hikeshi doctor`',
  'postgres.terminate-idle':
    'ends the planned sessions, by pid and start time, if they are still idle; cannot be undone',
  'postgres.verify-data': "the runbook's checks of its data: rows, freshness, indexes, foreign keys, own SQL",
  'postgres.count': 'one number that SQL of the runbook answers for a time, such as the affected users',
  'postgres.rebuild-replica':
    'deletes the pod of a replica and waits until the new one streams; cannot be undone',
  'postgres.restore-points':
    'asks pgBackRest and the primary: the times that one can return to, timelines, gaps, backups, commits near a time, what is not archived',
  'postgres.restore-ready':
    'asked by `hikeshi doctor`: programs, rights and room of the worker, the newest backup, the archive, what was left unfinished',
}

const code = (word: string) => `\`${word}\``
const codes = (words: readonly string[]) => words.map(code).join(', ')
/** Of what a step does without. */
const maybe = (words: readonly string[]) => words.map((word) => `(${code(word)})`).join(', ')

const kinds = handNames

function needs(kind: HandName): Needs {
  return catalogue[kind].needs
}

function optionalOf<S extends keyof Needs>(kind: HandName, system: S) {
  return (needs(kind)[system]?.optional ?? []).flatMap(({ what }): readonly string[] => what)
}

/** Each step of Kubernetes, and the roles it needs. */
function kubernetesStepsTable(): string {
  const rows = kinds
    .filter(isKubectl)
    .map((kind) => [
      code(kind),
      asKubectl[kind],
      catalogue[kind].title.en,
      codes(catalogue[kind].finds),
      rolesOf(kind),
    ])
  return markdownTable(['step', 'as kubectl', 'what it is', 'finds', 'roles'], rows).join('\n')
}

function isKubectl(kind: HandName): kind is keyof typeof asKubectl & HandName {
  return Object.hasOwn(asKubectl, kind)
}

function rolesOf(kind: HandName): string {
  const needed = new Set((needs(kind).kubernetes?.needs ?? []).map((right) => rights[right]))
  if (needed.size === 0) return 'every account'
  const optional = (needs(kind).kubernetes?.optional ?? []).flatMap(({ what }) =>
    what.map((right) => rights[right]),
  )
  const more = [...new Set(optional)].filter((role) => !needed.has(role))
  return [codes([...needed]), maybe(more)].filter(Boolean).join(', ')
}

/** The rights with the role and file that give them, and the steps that need them; in brackets those that do without. */
function rightsTable(): string {
  const rows = new Map<string, { readonly rights: readonly Right[]; readonly cells: readonly string[] }>()
  for (const right of Object.keys(rights) as Right[]) {
    const cells = [`${rights[right]} (${roles[rights[right]]})`, usersOf(right)]
    const key = cells.join(' ')
    rows.set(key, { rights: [...(rows.get(key)?.rights ?? []), right], cells })
  }
  return markdownTable(
    ['right', 'role', 'needed by'],
    [...rows.values()].map((row) => [row.rights.join(', '), ...row.cells]),
  ).join('\n')
}

function usersOf(right: Right): string {
  const by = kinds.filter((kind) => needs(kind).kubernetes?.needs.includes(right))
  if (by.some((kind) => namespaceKinds.includes(kind))) return 'the picture of every incident'
  const without = kinds.filter((kind) => optionalOf(kind, 'kubernetes').includes(right))
  return [codes(by), maybe(without)].filter(Boolean).join(', ')
}

/** Each step on PostgreSQL with what its role needs. */
function postgresTable(): string {
  const rows = kinds
    .filter(isPostgres)
    .map((kind) => [
      code(kind),
      ofPostgres[kind],
      codes(catalogue[kind].finds),
      [codes(needs(kind).postgres?.needs ?? []), maybe(optionalOf(kind, 'postgres'))]
        .filter(Boolean)
        .join(', '),
    ])
  return markdownTable(['step', 'says or does', 'finds', 'needs'], rows).join('\n')
}

function isPostgres(kind: HandName): kind is keyof typeof ofPostgres {
  return Object.hasOwn(ofPostgres, kind)
}

/** Makes the role for all steps at once. */
function postgresGrants(): string {
  const lines = grantsFor(
    kinds.filter((kind) => needs(kind).postgres?.server !== 'replica'),
    false,
  )
  return [
    '```sql',
    ...lines.map(({ line, why }) =>
      why === undefined ? line : `${line} -- optional; without it: ${why.en}`,
    ),
    '```',
  ].join('\n')
}

/** Each step on Redis with the rules that its user needs. */
function redisTable(): string {
  const rows = kinds
    .filter((kind) => needs(kind).redis !== undefined)
    .map((kind) => {
      const { needs: needed = [] } = needs(kind).redis ?? {}
      const rules = needed.map(redisRule)
      const commands = [...new Set(rules.map(({ command }) => command))].join(' ')
      const better = [...new Set(optionalOf(kind, 'redis').map((each) => redisRule(each).command))].join(' ')
      const keys = [...new Set(rules.flatMap((rule) => rule.keys ?? []))].map(code).join(' ')
      return [code(kind), code(commands), better === '' ? '' : code(better), keys]
    })
  return markdownTable(['step', 'commands', 'better also', 'keys'], rows).join('\n')
}

/** Makes the user for all steps at once. */
function redisUser(): string {
  return ['```', aclFor(kinds, false), '```'].join('\n')
}

type Tables = { readonly [file: string]: { readonly [mark: string]: () => string } }

/** By file and by the marks between which each stands: `<!-- steps -->` … `<!-- /steps -->`. */
export const tablesOfRights: Tables = {
  'docs/kubernetes.md': { steps: kubernetesStepsTable, rights: rightsTable },
  'docs/connections.md': {
    'postgres steps': postgresTable,
    'postgres role': postgresGrants,
    'redis steps': redisTable,
    'redis user': redisUser,
  },
}
