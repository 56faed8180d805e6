import type { V1Container, V1PodSpec } from '@kubernetes/client-node'
import { quantity } from '../../../domain/quantity.ts'
import type { Raw } from '../api/client.ts'

export const roomResources = ['memory', 'cpu'] as const
export type RoomResource = (typeof roomResources)[number]

/**
 * How much one pod asks of its node, in bytes or cores, as the scheduler counts it: its containers and sidecars together, or the
 * largest of the containers that run before them, and the overhead of its runtime class.
 */
export function podRequest(spec: Raw<V1PodSpec>, resource: RoomResource): number {
  const whole = spec.resources && requestOf(spec.resources, resource)
  const overhead = amount(spec.overhead?.[resource])
  if (whole !== undefined && whole > 0) return whole + overhead
  const containers = sum(spec.containers.map((container) => asked(container, resource)))
  let sidecars = 0
  let before = 0
  for (const container of spec.initContainers ?? []) {
    const own = asked(container, resource)
    if (container.restartPolicy === 'Always') sidecars += own
    before = Math.max(before, container.restartPolicy === 'Always' ? sidecars : sidecars + own)
  }
  return Math.max(containers + sidecars, before) + overhead
}

function asked({ resources }: Raw<V1Container>, resource: RoomResource): number {
  return requestOf(resources ?? {}, resource)
}

/** Of a container with a limit alone, as much is requested. */
function requestOf({ requests, limits }: NonNullable<Raw<V1Container>['resources']>, resource: RoomResource) {
  return amount(requests?.[resource] ?? limits?.[resource])
}

function amount(source: string | undefined): number {
  return source === undefined ? 0 : (quantity(source) ?? 0)
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, each) => total + each, 0)
}
