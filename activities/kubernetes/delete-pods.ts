import { z } from 'zod'
import type { ChangeHand, Plan, StepContext } from '../../domain/steps/contract.ts'
import { refuse } from '../refusal.ts'
import type { Kubernetes } from './client.ts'
import { deletePod } from './delete-pod.ts'
import { ownersOf, podsTarget, readNamespace, workloadOf } from './namespace.ts'
import type { PodState } from './pod-state.ts'
import { awaitReplacement, type Workload } from './replaced.ts'

type Params = {
  readonly pod?: string | undefined
  readonly selector?: string | undefined
  readonly notReady: boolean
}

/** A plan is hashed, approved and carried through the history as a whole; more pods than this are no single step. */
const mostPods = 200
/** At the API server at once. */
const atOnce = 8

const plannedPod = z.object({ name: z.string(), uid: z.string(), ready: z.boolean() })
const change = z.object({
  pods: z.array(plannedPod),
  /** What the pods belong to, and how many pods each had: as many must be there again. */
  workloads: z.array(z.object({ target: z.string(), pods: z.number() })),
})

/** Deletes exactly the pods that were planned, by UID; their controllers make new ones. */
export function deletePodsHand(kubernetes: Kubernetes): ChangeHand<Params> {
  return {
    plan: (params, context) => planDeletion(kubernetes, params, context),
    run: async (_params, plan, context) => {
      const { pods } = change.parse(plan.change)
      const outcomes = await inTurn(pods, (pod) => deletePod(kubernetes, context, pod))
      const named = (wanted: string) => pods.filter((_, i) => outcomes[i] === wanted).map((pod) => pod.name)
      const [deleted, gone, spared] = [named('deleted'), named('gone'), named('spared')]
      const also = {
        en: spared.length === 0 ? '' : `; ${spared.length} became Ready meanwhile and were left alone`,
        ja: spared.length === 0 ? '' : `（Ready に戻った ${spared.length} 個は残しました）`,
      }
      return {
        says: {
          en: `${deleted.length} pods deleted, ${gone.length} were gone already${also.en}`,
          ja: `Pod を ${deleted.length} 個削除、${gone.length} 個は削除済み${also.ja}`,
        },
        already: pods.length > 0 && gone.length === pods.length,
        after: { deleted, gone, spared },
      }
    },
    verify: (_params, plan, done, context) => {
      const { pods, workloads } = change.parse(plan.change)
      const { spared } = z.object({ spared: z.array(z.string()) }).parse(done.after)
      const awaited = pods.filter((pod) => !spared.includes(pod.name))
      return awaitReplacement(kubernetes, context, awaited, workloads)
    },
  }
}

async function planDeletion(kubernetes: Kubernetes, params: Params, context: StepContext): Promise<Plan> {
  const { namespace } = context
  const { deployments, pods, cut } = await readNamespace(kubernetes, context, params.selector)
  const meant = pods.filter((pod) => params.pod === undefined || pod.name === params.pod)
  const asked =
    params.pod === undefined ? podsTarget(namespace, params.selector) : `pod/${namespace}/${params.pod}`
  if (meant.length === 0) refuse('target-not-found', { target: asked })
  const chosen = meant.filter((pod) => !pod.terminating && !(params.notReady && (pod.ready || pod.ended)))
  const orphan = chosen.find((pod) => pod.owner === undefined)
  if (orphan) {
    const reason = `pod ${orphan.name} has no controller that would make it again`
    refuse('precondition-failed', { target: asked, reason })
  }
  if (cut || chosen.length > mostPods) {
    const reason = `${chosen.length}${cut ? ' or more' : ''} pods match; one step deletes at most ${mostPods}`
    refuse('precondition-failed', { target: asked, reason })
  }
  const owners = ownersOf(deployments)
  const workloads = [...new Set(chosen.map((pod) => workloadOf(pod, namespace, owners)))]
    .sort()
    .map((name) => ({
      target: name,
      pods: pods.filter((pod) => !pod.ended && workloadOf(pod, namespace, owners) === name).length,
    }))
  // Pods of one workload are that workload's business: its Lease keeps a rollback and this deletion apart.
  const target = workloads.length === 1 ? (workloads[0]?.target ?? asked) : asked
  await inTurn(chosen, (pod) => deletePod(kubernetes, context, pod, true))
  return planOf(target, chosen, meant, workloads)
}

function planOf(
  target: string,
  chosen: readonly PodState[],
  meant: readonly PodState[],
  workloads: readonly Workload[],
): Plan {
  const ready = chosen.filter((pod) => pod.ready).length
  const planned = chosen
    .map(({ name, uid, ready: isReady }) => ({ name, uid, ready: isReady }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const names = planned.slice(0, 3).map((pod) => pod.name)
  const list = `${names.join(', ')}${planned.length > 3 ? ', …' : ''}`
  return {
    target,
    says: {
      en: `Delete ${planned.length} of ${meant.length} pods (${ready} Ready): ${list}`,
      ja: `Pod ${meant.length} 個中 ${planned.length} 個（Ready ${ready} 個）を削除: ${list}`,
    },
    nothingToDo: planned.length === 0,
    change: { pods: planned, workloads },
    before: {
      ready: meant.filter((pod) => pod.ready).length,
      pods: meant.filter((pod) => !pod.ended).length,
    },
    pods: {
      ready,
      notReady: planned.length - ready,
      ofReady: meant.filter((pod) => pod.ready).length,
    },
  }
}

/** Eight at a time; the first refusal ends it, and a retry finds what was done. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let i = 0; i < items.length; i += atOnce) {
    results.push(...(await Promise.all(items.slice(i, i + atOnce).map(work))))
  }
  return results
}
