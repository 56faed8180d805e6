/** hikeshi's own settings by name (docs/settings.md). One that is misspelt is read by nobody, and the verb would do something else without a word. */
import { nearest } from '../../../domain/nearest.ts'

const prefix = 'HIKESHI_'

export const settings = [
  'HIKESHI_API_TOKEN',
  'HIKESHI_API_TOKENS',
  'HIKESHI_API_URL',
  'HIKESHI_ARCHIVE',
  'HIKESHI_ATTESTATION_KEY',
  'HIKESHI_ATTESTATION_PUBLIC_KEYS',
  'HIKESHI_CACHE',
  'HIKESHI_CHANNELS',
  'HIKESHI_CLUSTER',
  'HIKESHI_CONNECTIONS',
  'HIKESHI_FOLLOW_LOGS',
  'HIKESHI_KUBECONFIG',
  'HIKESHI_LAB',
  'HIKESHI_LOG_KEY',
  'HIKESHI_LOG_ORIGIN',
  'HIKESHI_METRICS',
  'HIKESHI_POLICY',
  'HIKESHI_PUBLISHER_KEYS',
  'HIKESHI_TRUSTED_RUNBOOKS',
  'HIKESHI_WORKER_ROLES',
] as const

/** Names of the environment that are no setting and look like one, each with the one that was meant. Others may be a runbook's, or a channel's. */
export function misspelt(
  env: Readonly<Record<string, string | undefined>>,
): readonly { readonly name: string; readonly meant: string }[] {
  const known: readonly string[] = settings
  const bare = known.map((name) => name.slice(prefix.length))
  return Object.keys(env).flatMap((name) => {
    if (!name.toUpperCase().startsWith(prefix) || known.includes(name)) return []
    const meant = nearest(name.slice(prefix.length), bare)
    return meant === undefined ? [] : [{ name, meant: `${prefix}${meant}` }]
  })
}
