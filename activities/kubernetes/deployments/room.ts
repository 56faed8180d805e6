import type { V1Node, V1PodSpec } from '@kubernetes/client-node'
import { quantity } from '../../../domain/quantity.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { listAll } from '../api/list.ts'
import { podRequest, type RoomResource, roomResources } from './pod-requests.ts'

type NodeRoom = {
  readonly labels: Readonly<Record<string, string>>
  readonly allocatable: Readonly<Record<string, string>>
}

/**
 * Refuses pods that not even an empty node could hold; a full node is the scheduler's business, and the step's verification sees
 * it. Returns what must be said when that could not be checked.
 */
export async function refuseNoRoom(
  kubernetes: Kubernetes,
  context: StepContext,
  target: string,
  spec: Raw<V1PodSpec>,
): Promise<Text | undefined> {
  const nodes = await readNodes(kubernetes, context)
  if (nodes === undefined) {
    return {
      en: 'not checked whether such a pod fits on a node: the worker may not list nodes (deploy/kubernetes/rbac-nodes.yaml)',
      ja: 'ノードに収まるかは未確認です: ワーカーにノードの参照権限がありません（deploy/kubernetes/rbac-nodes.yaml）',
    }
  }
  const fitting = nodes.filter((node) => isSelected(node, spec.nodeSelector ?? {}))
  // A pool of nodes can be empty and grow when a pod waits for it.
  if (fitting.length === 0) {
    return {
      en: 'not checked whether such a pod fits on a node: no node matches its nodeSelector',
      ja: 'ノードに収まるかは未確認です: nodeSelector に一致するノードがありません',
    }
  }
  const asked = roomResources.map((resource) => [resource, podRequest(spec, resource)] as const)
  const holds = (node: NodeRoom) => asked.every(([resource, amount]) => amount <= allocatable(node, resource))
  if (fitting.some(holds)) return undefined
  const wanted = asked.filter(([, amount]) => amount > 0).map(([resource, amount]) => show(resource, amount))
  const best = roomResources.map((resource) =>
    show(resource, Math.max(...fitting.map((node) => allocatable(node, resource)))),
  )
  return refuse('precondition-failed', {
    target,
    reason: {
      en: `such a pod fits on no node: it requests ${wanted.join(' and ')}, the largest node has ${best.join(' and ')}`,
      ja: `この Pod を置けるノードがありません。要求は ${wanted.join('・')}、ノードの最大は ${best.join('・')}`,
    },
  })
}

/** Undefined where the worker may not list nodes. */
async function readNodes(
  kubernetes: Kubernetes,
  context: StepContext,
): Promise<readonly NodeRoom[] | undefined> {
  try {
    const { items } = await listAll(
      kubernetes,
      { resource: 'nodes', target: 'nodes', context },
      ({ core }, page, options) => core.listNode({ ...page }, options),
      ({ metadata, status }: Raw<V1Node>) => ({
        labels: metadata?.labels ?? {},
        allocatable: status?.allocatable ?? {},
      }),
    )
    return items
  } catch (error) {
    if (isRefusal(error, 'forbidden')) return undefined
    throw error
  }
}

function isSelected({ labels }: NodeRoom, selector: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value)
}

function allocatable({ allocatable: amounts }: NodeRoom, resource: RoomResource): number {
  return quantity(amounts[resource] ?? '0') ?? 0
}

/** `memory 6Gi`, `cpu 1.5` */
function show(resource: RoomResource, amount: number): string {
  if (resource === 'cpu') return `cpu ${Math.round(amount * 1_000) / 1_000}`
  const units = [
    ['Gi', 2 ** 30],
    ['Mi', 2 ** 20],
    ['Ki', 2 ** 10],
  ] as const
  const [unit, size] = units.find(([, bytes]) => amount >= bytes) ?? ['', 1]
  return `memory ${Math.round((amount / size) * 10) / 10}${unit}`
}
