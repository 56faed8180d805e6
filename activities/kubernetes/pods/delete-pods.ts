import { z } from 'zod'
import { counted } from '../../../domain/counted.ts'
import { forNow } from '../../../domain/failures/for-now.ts'
import type { ChangeHand, Plan, StepContext } from '../../../domain/steps/contract.ts'
import { objectName } from '../../../domain/steps/subject.ts'
import { said, type Text } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { refuse, withReason } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { failedCreates } from '../objects/events.ts'
import {
  controllersIn,
  isSelected,
  type NamespaceState,
  ownersOf,
  podsTarget,
  readNamespace,
  workloadOf,
} from '../objects/namespace.ts'
import { isStuck, type PodState, troubleSentence } from '../objects/pod-state.ts'
import { deletePod, readPlanned } from './delete-pod.ts'
import { type Agreed, agreedIn, change, mostPods } from './deletion.ts'
import { awaitReplacement, type Workload } from './replaced.ts'
import { inTurn, takeDown } from './take-down.ts'

type Params = {
  readonly pod?: string | undefined
  readonly selector?: string | undefined
  readonly notReady: boolean
  readonly olderThan?: number | undefined
  readonly oneByOne: boolean
}

/** A pod that is not Ready for less, and does not fail, may well be coming up. */
const defaultOlderThanMs = 5 * 60_000
/** The workloads whose pods go. */
export function workloadsOf(plan: Plan): readonly string[] {
  return change.parse(plan.change).workloads.map(({ target }) => target)
}

/** Deletes exactly the pods that were planned, by UID; their controllers make new ones. */
export function deletePodsHand(kubernetes: Kubernetes): ChangeHand<Params> {
  return {
    plan: (params, context, told) => planDeletion(kubernetes, params, context, told),
    isDone: async (_params, plan, context) => {
      const { pods } = change.parse(plan.change)
      return (await inTurn(pods, (pod) => readPlanned(kubernetes, context, pod))).every(
        (pod) => pod === undefined,
      )
    },
    run: async (_params, plan, context) => {
      const planned = change.parse(plan.change)
      const { pods } = planned
      const outcomes = await takeDown(kubernetes, context, planned)
      const named = (wanted: string) =>
        pods.filter(({ name }) => outcomes.get(name) === wanted).map(({ name }) => name)
      const [deleted, gone, spared] = [named('deleted'), named('gone'), named('spared')]
      const also = {
        en: spared.length === 0 ? '' : `; ${spared.length} became Ready in the meantime and were left alone`,
        ja: spared.length === 0 ? '' : `（Ready に戻った ${spared.length} 個は残しました）`,
      }
      return {
        says: {
          en: `${counted(deleted.length, 'pod')} deleted, ${gone.length} ${gone.length === 1 ? 'was' : 'were'} already gone${also.en}`,
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

async function planDeletion(
  kubernetes: Kubernetes,
  params: Params,
  context: StepContext,
  told: Plan | undefined,
): Promise<Plan> {
  const { namespace } = context
  const state = await readNamespace(kubernetes, context, params.selector)
  const { deployments, pods, cut } = state
  const meant = pods.filter((pod) => (params.pod === undefined ? !pod.ended : pod.name === params.pod))
  const asked =
    params.pod === undefined
      ? podsTarget(namespace, params.selector)
      : objectName('pod', namespace, params.pod)
  if (meant.length === 0) return refuseNone(kubernetes, params, asked, state, context)
  const isMeant = (pod: PodState) =>
    !pod.terminating &&
    (!params.notReady || isStuck(pod, context.nowMs, params.olderThan ?? defaultOlderThanMs))
  const found = meant.filter(isMeant)
  // Of a pod that somebody started by hand nothing would make a new one. It keeps nobody from replacing the others.
  const orphans = found.filter((pod) => pod.owner === undefined)
  const chosen = found.filter((pod) => pod.owner !== undefined)
  if (orphans[0] !== undefined && chosen.length === 0) {
    const reason = {
      en: `pod ${orphans[0].name} has no controller to recreate it`,
      ja: `Pod ${orphans[0].name} には作り直すコントローラーがありません`,
    }
    refuse('precondition-failed', { target: asked, reason })
  }
  if (cut || chosen.length > mostPods) {
    const reason = {
      en: `${chosen.length}${cut ? ' or more' : ''} pods match; one step deletes at most ${mostPods}`,
      ja: `${chosen.length} 個${cut ? '以上' : ''}の Pod が該当しますが、1 回の手順で削除できるのは ${mostPods} 個までです`,
    }
    refuse('precondition-failed', { target: asked, reason })
  }
  const owners = ownersOf(deployments)
  const workloadsIn = (some: readonly PodState[]) =>
    [...new Set(some.map((pod) => workloadOf(pod, namespace, owners)))].sort().map((name) => ({
      target: name,
      ...countsOf(
        pods.filter((pod) => !pod.ended && workloadOf(pod, namespace, owners) === name),
        some,
      ),
    }))
  const seen = { isOne: params.pod !== undefined, meant, chosen, workloadsOf: workloadsIn }
  const agreed = told && (await agreedIn(kubernetes, context, told, seen))
  const workloads = agreed?.workloads ?? workloadsIn(chosen)
  // Pods of one workload are that workload's business: its Lease keeps a rollback and this deletion apart.
  const target = workloads.length === 1 ? (workloads[0]?.target ?? asked) : asked
  const blocked = await inTurn(chosen, (pod) => blockedBy(kubernetes, context, pod))
  return planOf(params, target, { chosen, meant, workloads, agreed }, [
    ...orphans.map(({ name }) => ({
      en: `; ${name} stays: it has no controller to recreate it`,
      ja: `（${name} はコントローラーがないため残します）`,
    })),
    ...blocked.filter((text) => text !== undefined).slice(0, 1),
  ])
}

/** No pod is there. Where a workload should have some, what it lacks is the news; else the name is wrong. */
async function refuseNone(
  kubernetes: Kubernetes,
  { pod, selector }: Params,
  target: string,
  state: NamespaceState,
  context: StepContext,
): Promise<never> {
  const empty = controllersIn(state).filter((c) => isSelected(c, selector))
  if (pod !== undefined || empty.length === 0) refuse('target-not-found', { target })
  const failed = await failedCreates(kubernetes, context).catch(() => new Map<string, string>())
  const why = empty.map(({ target: name, wanted, refused }) => {
    const words = refused === '' ? (failed.get(name) ?? '') : refused
    return withReason({ en: `${name} wants ${wanted}`, ja: `${name} の必要数 ${wanted}` }, words || undefined)
  })
  return refuse('precondition-failed', {
    target,
    reason: {
      en: `no pod to delete: ${why.map(({ en }) => en).join('; ')}`,
      ja: `削除する Pod がありません: ${why.map(({ ja }) => ja).join('、')}`,
    },
    ...forNow,
  })
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
    const found = carriedBy(error)
    if (found?.name !== 'disruption-budget') throw error
    const { budget } = found.params
    const reason = said(found.params.reason)
    return {
      en: `; PodDisruptionBudget ${budget} currently allows no evictions (${reason.en})`,
      ja: `（現在 PodDisruptionBudget ${budget} により Ready の Pod は削除できません: ${reason.ja}）`,
    }
  }
}

type Choice = {
  readonly chosen: readonly PodState[]
  readonly meant: readonly PodState[]
  readonly workloads: readonly Workload[]
  readonly agreed: Agreed | undefined
}

function planOf(
  { oneByOne }: Params,
  target: string,
  { chosen, meant, workloads, agreed }: Choice,
  remarks: readonly Text[],
): Plan {
  const planned =
    agreed?.pods ??
    chosen
      .map(({ name, uid, ready: isReady }) => ({ name, uid, ready: isReady }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  const ready = planned.filter((pod) => pod.ready).length
  const of = agreed?.of ?? meant.length
  const names = planned.slice(0, 3).map((pod) => pod.name)
  const list = `${names.join(', ')}${planned.length > 3 ? ', …' : ''}`
  const says =
    planned.length === 0
      ? leftText(meant)
      : {
          en: `Delete ${planned.length} of ${counted(of, 'pod')} (${ready} Ready)${oneByOne ? ', one by one' : ''}: ${list}`,
          ja: `Pod ${of} 個中 ${planned.length} 個（Ready ${ready} 個）を${oneByOne ? '1 個ずつ' : ''}削除: ${list}`,
        }
  return {
    target,
    says: {
      en: says.en + remarks.map(({ en }) => en).join(''),
      ja: says.ja + remarks.map(({ ja }) => ja).join(''),
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

const mostLeft = 3

/** Why none is taken: all are well, or those that are not come up or wait, and a new one would do so from the beginning. */
function leftText(meant: readonly PodState[]): Text {
  const unready = meant.filter((pod) => !pod.ready && !pod.terminating)
  if (unready.length === 0)
    return { en: 'No pod to delete: all are Ready', ja: '削除する Pod はありません（すべて Ready）' }
  const why = unready.slice(0, mostLeft).map(troubleSentence)
  return {
    en: `No pod to delete: those that are not Ready are starting, waiting or running (${why.map(({ en }) => en).join('; ')})`,
    ja: `削除する Pod はありません。Ready でない Pod は起動中、待機中または動作中です（${why.map(({ ja }) => ja).join('、')}）`,
  }
}
