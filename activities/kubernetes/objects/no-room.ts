/** Pods that no node takes: waiting for them to the end helps nobody. */
import type { Text } from '../../../domain/words.ts'
import { type NamespaceState, ownersOf, workloadOf } from './namespace.ts'
import { troubleSentence } from './pod-state.ts'

/** How long a pod may wait for a node: the scheduler reports at once that none has room, and needs a moment once room is made. */
export const noRoomMs = 8_000

/** Answers true once it was told true without a break for so long. */
export function lasting(ms: number): (holds: boolean) => boolean {
  let since: number | undefined
  return (holds) => {
    const at = performance.now()
    since = holds ? (since ?? at) : undefined
    return since !== undefined && at - since >= ms
  }
}

/** How long one attempt looks; the next one goes on where it stopped. Less than Temporal gives an attempt. */
export const lookForMs = 90_000

/** The first pod of the workloads that the scheduler cannot place, as a sentence; pods on their way out still make room for it. */
export function unschedulableIn(
  { deployments, pods }: NamespaceState,
  workloads: readonly { readonly target: string }[],
  namespace: string,
): Text | undefined {
  const owners = ownersOf(deployments)
  const own = pods.filter((pod) => {
    const target = workloadOf(pod, namespace, owners)
    return workloads.some((workload) => workload.target === target)
  })
  if (own.some((pod) => pod.terminating)) return undefined
  const waiting = own.find((pod) => pod.pending?.unschedulable)
  return waiting && troubleSentence(waiting)
}
