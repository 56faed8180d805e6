/** How much memory the container of a Redis may use, which Redis itself does not know. */
import type { V1Pod } from '@kubernetes/client-node'
import { quantity } from '../../domain/quantity.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import type { RedisSettings } from '../connections-file.ts'
import type { Kubernetes, Raw } from '../kubernetes/api/client.ts'
import { listAll } from '../kubernetes/api/list.ts'
import { pulse } from '../pulse.ts'
import { isAnswer } from './answer.ts'
import type { Redis } from './client.ts'

/** The limit in bytes; undefined where there is none, or Redis or Kubernetes does not tell. It is for a warning, so nothing fails by it. */
export async function podMemory(
  redis: Redis,
  { port }: RedisSettings,
  kubernetes: Kubernetes | undefined,
  context: StepContext,
): Promise<number | undefined> {
  const address = kubernetes === undefined ? undefined : await ownAddress(redis)
  if (kubernetes === undefined || address === undefined) return undefined
  const { namespace } = context
  try {
    const { items } = await listAll(
      kubernetes,
      { resource: 'pods', target: `pods/${namespace}`, context },
      ({ core }, page, options) =>
        core.listNamespacedPod({ namespace, fieldSelector: `status.podIP=${address}`, ...page }, options),
      (pod) => (pod.spec?.hostNetwork ? undefined : limitOf(pod, port)),
    )
    return items.find((limit) => limit !== undefined)
  } catch {
    pulse().signal.throwIfAborted()
    return undefined
  }
}

/** The address at which it was reached, as it sees that itself: its pod's, also behind a service. */
async function ownAddress(redis: Redis): Promise<string | undefined> {
  try {
    const told = String(await redis.call('CLIENT', 'INFO'))
    return /\bladdr=\[?([^\s\]]+?)\]?:\d+\b/.exec(told)?.[1]
  } catch (error) {
    if (isAnswer(error)) return undefined
    throw error
  }
}

/** Of the container that names the port, else of the pod's only one. */
function limitOf({ spec }: Raw<V1Pod>, port: number): number | undefined {
  const containers = spec?.containers ?? []
  const named = containers.find(({ ports }) => ports?.some(({ containerPort }) => containerPort === port))
  const found = named ?? (containers.length === 1 ? containers[0] : undefined)
  const limit = found?.resources?.limits?.memory
  return limit === undefined ? undefined : quantity(limit)
}
