import { counted } from '../../../domain/counted.ts'
import type { StepContext, Verified } from '../../../domain/steps/contract.ts'
import { none, type Text, verbatim } from '../../../domain/words.ts'
import { pause, pulse } from '../../pulse.ts'
import { refuse, withReason } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import {
  controllersIn,
  type NamespaceState,
  ownersOf,
  readNamespace,
  workloadOf,
} from '../objects/namespace.ts'
import { lasting, lookForMs, noRoomMs, unschedulableIn } from '../objects/no-room.ts'
import { isFailing, troubleSentence } from '../objects/pod-state.ts'
import type { PlannedPod } from './delete-pod.ts'

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

/**
 * Waits until the deleted pods are gone and their workloads have as many Ready pods as they want, and keep them. Pods that come up need
 * their time, a large model or a database minutes of it: what is still starting is looked at again by the next attempt.
 */
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
    const rising = short.filter(({ target }) => isRising(state, target, context.namespace))
    if (rising.length > 0 && at - started > lookForMs) {
      const status = rising.map(({ target, ready, wanted }) => `${target} ${ready}/${wanted}`).join(', ')
      const target = rising[0]?.target ?? ''
      refuse('rollout-going-on', { target, status, incident: context.incident })
    }
    const late = at - started > withinMs && rising.length === 0
    if (well || late || roomless(why !== undefined)) {
      const unready = short.map(({ target, ready, wanted }) =>
        withReason(verbatim(`${target} ${ready}/${wanted}`), troubleIn(state, target, context.namespace)),
      )
      const lacking = [...unready, ...(why === undefined ? [] : [why])]
      const seconds = Math.round((at - started) / 1_000)
      return {
        ok: well,
        says: well
          ? { en: 'The new pods are Ready', ja: '新しい Pod は Ready です' }
          : {
              en: `after ${seconds} s: ${counted(left.length, 'deleted pod')} still present; not Ready: ${lacking.map(({ en }) => en).join(', ') || none.en}`,
              ja: `${seconds} 秒後: 削除した Pod が ${left.length} 個残存、Ready 不足: ${lacking.map(({ ja }) => ja).join('、') || none.ja}`,
            },
        facts: { podsLeft: left.length, workloads: counts },
      }
    }
    await pause(lookEveryMs)
  }
}

/** A Deployment or StatefulSet says how many it wants; of other owners as many as before must be there again. */
function countReady(state: NamespaceState, { target, pods: planned }: Workload, namespace: string) {
  const own = podsOf(state, target, namespace)
  const wanted = controllersIn(state).find((c) => c.target === target)?.wanted ?? planned
  return { target, wanted, ready: own.filter((pod) => pod.ready).length }
}

/** True while pods of the workload come up and none fails: they need time alone. */
export function isRising(state: NamespaceState, target: string, namespace: string): boolean {
  const lacking = podsOf(state, target, namespace).filter((pod) => !pod.ready && !pod.terminating)
  return lacking.length > 0 && lacking.every((pod) => !isFailing(pod) && !pod.pending?.unschedulable)
}

function troubleIn(state: NamespaceState, target: string, namespace: string): Text | undefined {
  const failing = podsOf(state, target, namespace).find(isFailing)
  return failing && troubleSentence(failing)
}

function podsOf({ deployments, pods }: NamespaceState, target: string, namespace: string) {
  const owners = ownersOf(deployments)
  return pods.filter((pod) => !pod.ended && workloadOf(pod, namespace, owners) === target)
}
