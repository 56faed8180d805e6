import type { StepContext } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { pause, pulse } from '../../pulse.ts'
import type { Kubernetes } from '../api/client.ts'
import {
  controllersIn,
  type NamespaceState,
  ownersOf,
  readNamespace,
  workloadOf,
} from '../objects/namespace.ts'
import { lasting, lookForMs, noRoomMs, unschedulableIn } from '../objects/no-room.ts'
import type { PlannedPod } from './delete-pod.ts'
import { isRising, type Workload } from './replaced.ts'

const withinMs = 60_000
const lookEveryMs = 500

/** What is lacking after all; `rising` when it only needs more time than one attempt has. */
export type Lacking = { readonly says: Text; readonly rising: boolean }

/** Waits until as many new pods are Ready as were deleted so far. Undefined when it is so. */
export async function awaitSuccessors(
  kubernetes: Kubernetes,
  context: StepContext,
  planned: readonly PlannedPod[],
  workloads: readonly Workload[],
): Promise<Lacking | undefined> {
  const roomless = lasting(noRoomMs)
  const started = performance.now()
  for (;;) {
    const state = await readNamespace(kubernetes, context)
    const lacking = workloads.flatMap((workload) => lackingIn(state, workload, planned, context.namespace))
    pulse().beat({ workloadsShort: lacking.length })
    if (lacking.length === 0) return undefined
    const why = unschedulableIn(state, workloads, context.namespace)
    const isRoomless = roomless(why !== undefined)
    const rising = workloads.some(({ target }) => isRising(state, target, context.namespace))
    if (isRoomless || performance.now() - started > (rising ? lookForMs : withinMs)) {
      return {
        says: told([...lacking, ...(why === undefined ? [] : [why])]),
        rising: rising && !isRoomless,
      }
    }
    await pause(lookEveryMs)
  }
}

function told(parts: readonly Text[]): Text {
  return { en: parts.map(({ en }) => en).join('; '), ja: parts.map(({ ja }) => ja).join('、') }
}

function lackingIn(
  state: NamespaceState,
  workload: Workload,
  planned: readonly PlannedPod[],
  namespace: string,
): readonly Text[] {
  const { deployments, pods } = state
  const owners = ownersOf(deployments)
  const own = pods.filter(
    (pod) => !pod.terminating && !pod.ended && workloadOf(pod, namespace, owners) === workload.target,
  )
  const left = own.filter((pod) => planned.some(({ uid }) => uid === pod.uid))
  const ready = own.filter((pod) => pod.ready && !left.includes(pod)).length
  const wanted =
    controllersIn(state).find(({ target }) => target === workload.target)?.wanted ?? workload.pods
  // Of a workload that was made smaller meanwhile, no more than it wants.
  const needed = Math.min(workload.othersReady + workload.planned - left.length, wanted - left.length)
  if (ready >= needed) return []
  const { target } = workload
  return [
    { en: `${target}: ${ready} of ${needed} Ready`, ja: `${target}: ${needed} 個中 ${ready} 個が Ready` },
  ]
}
