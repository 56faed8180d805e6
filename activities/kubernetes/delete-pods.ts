import { z } from 'zod'
import type { ChangeHand, Plan, StepContext } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import { failureIn, refuse } from '../refusal.ts'
import type { Kubernetes } from './client.ts'
import { deletePod } from './delete-pod.ts'
import { ownersOf, podsTarget, readNamespace, workloadOf } from './namespace.ts'
import type { PodState } from './pod-state.ts'
import { awaitReplacement, type Workload } from './replaced.ts'
import { inTurn, takeDown } from './take-down.ts'

type Params = {
  readonly pod?: string | undefined
  readonly selector?: string | undefined
  readonly notReady: boolean
  readonly oneByOne: boolean
}

/** A plan is hashed, approved and carried through the history as a whole; more pods than this are no single step. */
const mostPods = 200
const plannedPod = z.object({ name: z.string(), uid: z.string(), ready: z.boolean() })
const change = z.object({
  pods: z.array(plannedPod),
  workloads: z.array(
    z.object({ target: z.string(), pods: z.number(), planned: z.number(), othersReady: z.number() }),
  ),
  oneByOne: z.boolean(),
})

/** Deletes exactly the pods that were planned, by UID; their controllers make new ones. */
export function deletePodsHand(kubernetes: Kubernetes): ChangeHand<Params> {
  return {
    plan: (params, context) => planDeletion(kubernetes, params, context),
    run: async (_params, plan, context) => {
      const planned = change.parse(plan.change)
      const { pods } = planned
      const outcomes = await takeDown(kubernetes, context, planned)
      const named = (wanted: string) =>
        pods.filter(({ name }) => outcomes.get(name) === wanted).map(({ name }) => name)
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
      ...countsOf(
        pods.filter((pod) => !pod.ended && workloadOf(pod, namespace, owners) === name),
        chosen,
      ),
    }))
  // Pods of one workload are that workload's business: its Lease keeps a rollback and this deletion apart.
  const target = workloads.length === 1 ? (workloads[0]?.target ?? asked) : asked
  const blocked = await inTurn(chosen, (pod) => blockedBy(kubernetes, context, pod))
  return planOf(
    params,
    target,
    chosen,
    meant,
    workloads,
    blocked.find((text) => text !== undefined),
  )
}

function countsOf(pods: readonly PodState[], chosen: readonly PodState[]): Omit<Workload, 'target'> {
  const others = pods.filter((pod) => !chosen.includes(pod))
  return {
    pods: pods.length,
    planned: pods.length - others.length,
    othersReady: others.filter((pod) => pod.ready).length,
  }
}

/** Asks whether the pod may be deleted. A budget that forbids it now is no reason to plan nothing: it can allow it a moment later. */
async function blockedBy(
  kubernetes: Kubernetes,
  context: StepContext,
  pod: PodState,
): Promise<Text | undefined> {
  try {
    await deletePod(kubernetes, context, pod, true)
    return undefined
  } catch (error) {
    const found = failureIn(error)
    if (found?.name !== 'disruption-budget') throw error
    const { budget, reason } = found.params
    return {
      en: `; PodDisruptionBudget ${budget} lets no Ready pod go at present (${reason})`,
      ja: `（現在 PodDisruptionBudget ${budget} により Ready の Pod は削除できません: ${reason}）`,
    }
  }
}

function planOf(
  { oneByOne }: Params,
  target: string,
  chosen: readonly PodState[],
  meant: readonly PodState[],
  workloads: readonly Workload[],
  blocked: Text = { en: '', ja: '' },
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
      en: `Delete ${planned.length} of ${meant.length} pods (${ready} Ready)${oneByOne ? ', one by one' : ''}: ${list}${blocked.en}`,
      ja: `Pod ${meant.length} 個中 ${planned.length} 個（Ready ${ready} 個）を${oneByOne ? '1 個ずつ' : ''}削除: ${list}${blocked.ja}`,
    },
    nothingToDo: planned.length === 0,
    change: { pods: planned, workloads, oneByOne },
    before: {
      ready: meant.filter((pod) => pod.ready).length,
      pods: meant.filter((pod) => !pod.ended).length,
    },
    pods: {
      ready: oneByOne ? Math.min(1, ready) : ready,
      notReady: planned.length - ready,
      ofReady: meant.filter((pod) => pod.ready).length,
    },
  }
}
