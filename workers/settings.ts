/** What a worker is told by its environment. Every name stands here and in docs/settings.md. */
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { refuse } from '../activities/refusal.ts'
import { tlsProblem } from '../edge/temporal-tls.ts'

export type Settings = {
  /** For both of Temporal's clients, from the standard TEMPORAL_* settings. */
  readonly connection: Connect
  readonly namespace: string
  /** The cluster whose hands this worker is; its task queue is `cluster/<name>`. */
  readonly cluster: string
  readonly kubeconfig: string | undefined
  readonly archive: string | undefined
  /** Logs of what an incident is about are kept while it is open. */
  readonly followLogs: boolean
  readonly channels: string | undefined
  readonly connections: string | undefined
  readonly attestationKeys: string | undefined
  /** Folder of the public keys of the people whose signatures under a runbook count. */
  readonly publisherKeys: string | undefined
  /** YAML file of what this worker itself holds to. */
  readonly policy: string | undefined
  /** It takes incidents of a lab, in which nobody is verified. */
  readonly lab: boolean
  /** Where Prometheus may read this worker's figures, `IP:PORT`. */
  readonly metrics: string | undefined
  /** Which work it takes: `incidents` (workflows, pages, archive), `cluster` (diagnosis and repair), or both. */
  readonly roles: readonly Role[]
}

type Connect = Omit<ReturnType<typeof loadClientConnectConfig>['connectionOptions'], 'address'> & {
  readonly address: string
}

export const roles = ['incidents', 'cluster'] as const
export type Role = (typeof roles)[number]

export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  const wanted = (env.HIKESHI_WORKER_ROLES ?? roles.join(',')).split(',').map((role) => role.trim())
  const unknown = wanted.find((role) => !roles.includes(role as Role))
  if (unknown !== undefined) {
    const problem = `expected ${roles.join(', ')}, got "${unknown}"`
    refuse('bad-input', { where: 'HIKESHI_WORKER_ROLES', problem })
  }
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  const unclear = tlsProblem(env.TEMPORAL_TLS)
  if (unclear !== undefined) refuse('bad-input', { where: 'TEMPORAL_TLS', problem: unclear })
  const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars })
  return {
    connection: { ...connectionOptions, address: connectionOptions.address ?? 'localhost:7233' },
    namespace: namespace ?? 'default',
    cluster: env.HIKESHI_CLUSTER ?? 'production',
    kubeconfig: env.HIKESHI_KUBECONFIG,
    archive: env.HIKESHI_ARCHIVE,
    followLogs: env.HIKESHI_FOLLOW_LOGS !== '0',
    channels: env.HIKESHI_CHANNELS,
    connections: env.HIKESHI_CONNECTIONS,
    attestationKeys: env.HIKESHI_ATTESTATION_PUBLIC_KEYS,
    publisherKeys: env.HIKESHI_PUBLISHER_KEYS,
    policy: env.HIKESHI_POLICY,
    lab: env.HIKESHI_LAB === '1',
    metrics: env.HIKESHI_METRICS,
    roles: wanted as Role[],
  }
}
