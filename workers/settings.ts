/** What a worker is told by its environment. Every name stands here and in docs/settings.md. */
export type Settings = {
  readonly address: string
  readonly namespace: string
  /** The cluster whose hands this worker is; its task queue is `cluster/<name>`. */
  readonly cluster: string
  readonly kubeconfig: string | undefined
  readonly archive: string | undefined
  readonly channels: string | undefined
  readonly attestationKeys: string | undefined
  /** Which work it takes: `incidents` (workflows, pages, archive), `cluster` (diagnosis and repair), or both. */
  readonly roles: readonly Role[]
}

export const roles = ['incidents', 'cluster'] as const
export type Role = (typeof roles)[number]

export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  const wanted = (env.HIKESHI_WORKER_ROLES ?? roles.join(',')).split(',').map((role) => role.trim())
  const unknown = wanted.find((role) => !roles.includes(role as Role))
  if (unknown !== undefined) {
    throw new Error(`HIKESHI_WORKER_ROLES names "${unknown}"; known are ${roles.join(', ')}`)
  }
  return {
    address: env.TEMPORAL_ADDRESS ?? 'localhost:7233',
    namespace: env.TEMPORAL_NAMESPACE ?? 'default',
    cluster: env.HIKESHI_CLUSTER ?? 'production',
    kubeconfig: env.HIKESHI_KUBECONFIG,
    archive: env.HIKESHI_ARCHIVE,
    channels: env.HIKESHI_CHANNELS,
    attestationKeys: env.HIKESHI_ATTESTATION_PUBLIC_KEYS,
    roles: wanted as Role[],
  }
}
