import type { StepContext } from '../../domain/steps/contract.ts'
import { pause, pulse } from '../pulse.ts'
import type { Kubernetes } from './client.ts'
import type { PlannedPod } from './delete-pod.ts'
import { type NamespaceState, ownersOf, readNamespace, workloadOf } from './namespace.ts'
import { lasting, noRoomMs, unschedulableIn } from './no-room.ts'
import type { Workload } from './replaced.ts'

const withinMs = 60_000
const lookEveryMs = 500

/** Waits until as many new pods are Ready as were deleted so far. Undefined when it is so, else what is lacking after all. */
export async function awaitSuccessors(
  kubernetes: Kubernetes,
  context: StepContext,
  planned: readonly PlannedPod[],
  workloads: readonly Workload[],
): Promise<string | undefined> {
  const roomless = lasting(noRoomMs)
  const started = performance.now()
  for (;;) {
    const state = await readNamespace(kubernetes, context)
    const lacking = workloads.flatMap((workload) => lackingIn(state, workload, planned, context.namespace))
    pulse().beat({ workloadsShort: lacking.length })
    if (lacking.length === 0) return undefined
    const why = unschedulableIn(state, workloads, context.namespace)
    if (roomless(why !== undefined) || performance.now() - started > withinMs) {
      return [...lacking, ...(why === undefined ? [] : [why])].join('; ')
    }
    await pause(lookEveryMs)
  }
}

function lackingIn(
  { deployments, pods }: NamespaceState,
  workload: Workload,
  planned: readonly PlannedPod[],
  namespace: string,
): string[] {
  const owners = ownersOf(deployments)
  const own = pods.filter(
    (pod) => !pod.terminating && !pod.ended && workloadOf(pod, namespace, owners) === workload.target,
  )
  const left = own.filter((pod) => planned.some(({ uid }) => uid === pod.uid))
  const ready = own.filter((pod) => pod.ready && !left.includes(pod)).length
  const wanted = deployments.find(({ target }) => target === workload.target)?.wanted ?? workload.pods
  // Of a workload that was made smaller meanwhile, no more than it wants.
  const needed = Math.min(workload.othersReady + workload.planned - left.length, wanted - left.length)
  return ready < needed ? [`${workload.target}: ${ready} of ${needed} Ready`] : []
}
