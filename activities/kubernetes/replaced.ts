import type { StepContext, Verified } from '../../domain/steps/contract.ts'
import { pause, pulse } from '../pulse.ts'
import type { Kubernetes } from './client.ts'
import type { PlannedPod } from './delete-pod.ts'
import { type NamespaceState, ownersOf, readNamespace, workloadOf } from './namespace.ts'
import { lasting, noRoomMs, unschedulableIn } from './no-room.ts'

const withinMs = 60_000
const lookEveryMs = 500
/** A new pod that dies a moment after it was Ready must not pass. */
const steadyMs = 2_000

/** What the deleted pods belong to. */
export type Workload = {
  readonly target: string
  /** How many it had when that was planned: as many must be there again. */
  readonly pods: number
  /** How many of them are to be deleted. */
  readonly planned: number
  /** How many of the others were Ready. */
  readonly othersReady: number
}

/** Waits until the deleted pods are gone and their workloads have as many Ready pods as they want, and keep them. */
export async function awaitReplacement(
  kubernetes: Kubernetes,
  context: StepContext,
  deleted: readonly PlannedPod[],
  workloads: readonly Workload[],
): Promise<Verified> {
  const started = performance.now()
  const roomless = lasting(noRoomMs)
  let wellSince: number | undefined
  for (;;) {
    const state = await readNamespace(kubernetes, context)
    const left = state.pods.filter((pod) => deleted.some(({ uid }) => uid === pod.uid))
    const counts = workloads.map((workload) => countReady(state, workload, context.namespace))
    const short = counts.filter(({ ready, wanted }) => ready < wanted)
    pulse().beat({ podsLeft: left.length, workloadsShort: short.length })
    const at = performance.now()
    wellSince = left.length === 0 && short.length === 0 ? (wellSince ?? at) : undefined
    const well = wellSince !== undefined && at - wellSince >= steadyMs
    const why = unschedulableIn(state, workloads, context.namespace)
    const late = at - started > withinMs
    if (well || late || roomless(why !== undefined)) {
      const counted = short.map(({ target, ready, wanted }) => `${target} ${ready}/${wanted}`)
      const lacking = [...counted, ...(why === undefined ? [] : [why])].join(', ')
      const seconds = Math.round((at - started) / 1_000)
      return {
        ok: well,
        says: well
          ? { en: 'The new pods are Ready', ja: '新しい Pod は Ready です' }
          : {
              en: `after ${seconds} s: ${left.length} deleted pods are still there; not Ready: ${lacking || 'none'}`,
              ja: `${seconds} 秒後: 削除した Pod が ${left.length} 個残存、Ready 不足: ${lacking || 'なし'}`,
            },
        facts: { podsLeft: left.length, workloads: counts },
      }
    }
    await pause(lookEveryMs)
  }
}

/** A Deployment says how many it wants; of other owners as many as before must be there again. */
function countReady(
  { deployments, pods }: NamespaceState,
  { target, pods: planned }: Workload,
  namespace: string,
) {
  const owners = ownersOf(deployments)
  const own = pods.filter((pod) => !pod.ended && workloadOf(pod, namespace, owners) === target)
  const deployment = deployments.find((d) => d.target === target)
  const wanted = deployment?.wanted ?? planned
  return { target, wanted, ready: own.filter((pod) => pod.ready).length }
}
