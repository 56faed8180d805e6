/** The command that says a step, as people type it. Kinds that no usual command says, and parameters beyond it, have none. */
import { showDuration } from '../../../domain/duration.ts'
import type { Runbook, Service } from '../../../domain/runbook/runbook.ts'
import { shellQuoted } from '../../../domain/shell.ts'

type Params = Readonly<Record<string, unknown>>
type Write = (given: Params, namespace: string) => string | undefined

/** A command for the step; undefined where there is none. Whether it says all of the step is for the import to tell. */
export function commandFor(
  step: { readonly kind: string; readonly with: Params },
  { namespace }: Pick<Runbook, 'namespace'>,
  service: Service | undefined,
): string | undefined {
  const write = Object.hasOwn(writers, step.kind) ? writers[step.kind] : undefined
  return write?.(spelled(step.with, service), namespace)
}

/** Placeholders as people write them; the address of a service is known. */
function spelled(given: Params, service: Service | undefined): Params {
  const words: Params = {
    '$service.deployment': '[DEPLOYMENT]',
    '$service.selector': 'app=[SERVICE]',
    '$service.health': service?.health,
  }
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [
      key,
      typeof value === 'string' && value in words ? words[value] : value,
    ]),
  )
}

const writers: Readonly<Record<string, Write>> = {
  'kubernetes.pods': ({ selector }, namespace) =>
    line('kubectl get pods -n', namespace, option('-l', selector)),
  'kubernetes.top': ({ selector }, namespace) =>
    line('kubectl top pods -n', namespace, option('-l', selector)),
  'kubernetes.events': (_, namespace) => line('kubectl get events -n', namespace),
  'kubernetes.rollouts': ({ deployment }, namespace) =>
    deployment === undefined
      ? line('kubectl get deployments -n', namespace)
      : line('kubectl rollout history', named(deployment), '-n', namespace),
  'kubernetes.rollout-undo': ({ deployment, toRevision }, namespace) =>
    line('kubectl rollout undo', named(deployment), '-n', namespace, equal('--to-revision', toRevision)),
  'kubernetes.rollout-restart': ({ deployment }, namespace) =>
    line('kubectl rollout restart', named(deployment), '-n', namespace),
  'kubernetes.scale': ({ deployment, replicas }, namespace) =>
    line('kubectl scale', named(deployment), '-n', namespace, equal('--replicas', replicas)),
  'kubernetes.set-resources': ({ deployment, limits, requests, container }, namespace) =>
    line(
      'kubectl set resources',
      named(deployment),
      '-n',
      namespace,
      option('-c', container),
      equal('--limits', amounts(limits)),
      equal('--requests', amounts(requests)),
    ),
  'kubernetes.delete-pods': ({ pod, selector }, namespace) =>
    line('kubectl delete pod -n', namespace, pod === undefined ? option('-l', selector) : word(pod)),
  'kubernetes.logs': logs,
  'kubernetes.exec-read': (given, namespace) =>
    Array.isArray(given.argv) ? inside(given, namespace, given.argv.map(word).join(' ')) : undefined,
  'ai-server.gpu': (given, namespace) => inside(given, namespace, 'nvidia-smi'),
  'ai-server.models': (given, namespace) =>
    inside(given, namespace, line('ls -la', word(given.path ?? '/models/'))),
  'kubernetes.connections': (given, namespace) => inside(given, namespace, 'ss -tn state established'),
  'postgres.ready': ({ connection = 'postgres-primary' }) => line('pg_isready -h', word(connection)),
  'postgres.connections': (given) =>
    sql(given, 'SELECT state, count(*) FROM pg_stat_activity GROUP BY state'),
  'postgres.replication': (given) => sql(given, 'SELECT * FROM pg_stat_replication'),
  'postgres.lag': (given) =>
    sql({ connection: 'postgres-replica', ...given }, 'SELECT now() - pg_last_xact_replay_timestamp()'),
  'postgres.slow-queries': (given) =>
    sql(
      given,
      `SELECT query, calls, mean_exec_time FROM pg_stat_statements ORDER BY mean_exec_time DESC LIMIT ${given.top ?? 10}`,
    ),
  'postgres.terminate-idle': (given) =>
    sql(
      given,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' AND state_change < now() - interval '${timeOf(given.olderThan ?? 600_000)}'`,
    ),
  'redis.ready': (given) => redis(given, 'PING'),
  'redis.memory': (given) => redis(given, 'INFO memory'),
  'redis.biggest-keys': (given) => redis(given, '--bigkeys'),
  'redis.flushdb': (given) => redis(given, 'FLUSHDB'),
  'redis.set-memory': (given) =>
    given.maxmemory === undefined
      ? redis(given, `CONFIG SET maxmemory-policy ${word(given.policy)}`)
      : redis(given, `CONFIG SET maxmemory ${word(given.maxmemory)}`),
  'prometheus.query': ({ query }) =>
    line('curl -sG http://prometheus:9090/api/v1/query --data-urlencode', word(`query=${query}`)),
  'prometheus.targets': () => 'curl -s http://prometheus:9090/api/v1/targets',
  'prometheus.alerts': () => 'curl -s http://prometheus:9090/api/v1/alerts',
  'http.health': ({ url }) => line('curl -sf', word(url)),
  'http.timings': ({ url, times = 10, every = '1s' }) =>
    `for i in {1..${times}}; do time curl -sf ${word(url)} > /dev/null; sleep ${timeOf(every)}; done`,
  'http.load': ({ url, requests = 100, concurrency = 10 }) =>
    line('ab -n', word(requests), '-c', word(concurrency), word(url)),
}

function logs({ deployment, pod, tail, grep, previous, follow }: Params, namespace: string): string {
  const words = Array.isArray(grep) ? grep.map(String) : []
  return [
    line(
      'kubectl logs -n',
      namespace,
      pod === undefined ? named(deployment) : word(pod),
      equal('--tail', tail ?? 100),
      previous === true ? '--previous' : undefined,
      follow === undefined || follow === 0 ? undefined : '-f',
    ),
    ...(words.length === 0 ? [] : [`grep -E ${word(words.join('|'))}`]),
  ].join(' | ')
}

function inside({ deployment, pod, container }: Params, namespace: string, program: string): string {
  const place = pod === undefined ? named(deployment) : word(pod)
  return line('kubectl exec -n', namespace, place, option('-c', container), '--', program)
}

function sql({ connection = 'postgres-primary' }: Params, statement: string): string {
  return line('psql -h', word(connection), '-c', `"${statement}"`)
}

function redis({ connection = 'redis-master' }: Params, command: string): string {
  return line('redis-cli -h', word(connection), command)
}

function named(deployment: unknown): string {
  return `deployment/${word(deployment)}`
}

function amounts(given: unknown): string | undefined {
  if (given === null || typeof given !== 'object') return undefined
  return Object.entries(given)
    .map(([resource, amount]) => `${resource}=${amount}`)
    .join(',')
}

function timeOf(given: unknown): string {
  return typeof given === 'number' ? showDuration(given) : String(given)
}

function option(name: string, value: unknown): string | undefined {
  return value === undefined ? undefined : `${name} ${word(value)}`
}

function equal(name: string, value: unknown): string | undefined {
  return value === undefined ? undefined : `${name}=${word(value)}`
}

function line(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' ')
}

/** A word for a shell, in quotes where it needs them. Placeholders stand as they are. */
export function word(value: unknown): string {
  const text = String(value)
  if (/^[\w@%+=:,./-]+(\[[A-Z]+\])?$|^\[[A-Z]+\]$/.test(text)) return text
  return shellQuoted(text)
}
