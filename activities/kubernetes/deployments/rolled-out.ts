/** Whether a rollout that was begun comes to its end: as long as the Deployment itself makes progress it has time. */
import { counted } from '../../../domain/counted.ts'
import type { StepContext, Verified } from '../../../domain/steps/contract.ts'
import { said, type Text, type Words } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { pause, pulse } from '../../pulse.ts'
import { refuse, withReason } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { type PendingReason, pendingTexts, refusedTexts, whyRefused } from '../api/pending-reason.ts'
import { type DeploymentState, readDeployment, selectorText } from '../objects/deployment.ts'
import { progressMsOf, readPods } from '../objects/namespace.ts'
import { lasting, lookForMs, noRoomMs } from '../objects/no-room.ts'
import { type PodState, troubleSentence } from '../objects/pod-state.ts'
import { exceededDeadlineSinceOurs, rolloutStatus } from './rollout-status.ts'

const lookEveryMs = 500
/** A container that dies a moment after it was Ready must not pass. */
const shortSteadyMs = 2_000
/** A crash loop shorter than this may be fallout of the fault being repaired. */
const crashingMs = 5_000
/** The controller looks at its deadline now and then, not at the very second. */
const graceMs = 30_000

type Awaited = {
  /** Says what makes it another rollout than the one awaited. */
  readonly strays: (now: DeploymentState) => Text | undefined
  /** How long it must stay complete. */
  readonly steadyMs?: number
  /** How long this attempt looks. */
  readonly withinMs?: number
}

/**
 * Waits until the rollout is complete and stays so. It has failed when its pods crash or find no room, when the Deployment says that it
 * exceeded its progress deadline, or when nothing has moved for as long. One that goes on beyond this attempt is looked at again by
 * the next one (rollout-going-on).
 */
export async function awaitRollout(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  { strays, steadyMs = shortSteadyMs, withinMs = lookForMs }: Awaited,
): Promise<Verified> {
  const started = performance.now()
  let completeSince: number | undefined
  let moved = { to: '', at: started }
  const hasCrashed = lasting(crashingMs)
  const isRoomless = lasting(noRoomMs)
  for (;;) {
    const now = await readDeployment(kubernetes, context, name)
    const { done, failed, says } = rolloutStatus(now, exceededDeadlineSinceOurs)
    pulse().beat({ status: says })
    const stray = strays(now)
    if (stray !== undefined) return verdict(false, stray, now)
    const at = performance.now()
    completeSince = done ? (completeSince ?? at) : undefined
    if (completeSince !== undefined && at - completeSince >= steadyMs) return verdict(true, says, now)
    const pods = done ? [] : await podsOf(kubernetes, context, now)
    if (failed) return verdict(false, withTrouble(says, pods, now), now)
    const crashing = crashOf(pods, now)
    if (hasCrashed(crashing !== undefined) && crashing !== undefined) return verdict(false, crashing, now)
    const noRoom = noRoomOf(pods, now)
    if (isRoomless(noRoom !== undefined) && noRoom !== undefined) {
      return verdict(false, noRoom, now)
    }
    const movedTo = progressOf(now)
    if (movedTo !== moved.to) moved = { to: movedTo, at }
    if (!done && at - moved.at > patienceMs(now)) {
      const seconds = Math.round((at - moved.at) / 1_000)
      return verdict(
        false,
        withTrouble(
          { en: `no progress for ${seconds} s: ${says}`, ja: `${seconds} 秒間進行なし: ${says}` },
          pods,
          now,
        ),
        now,
      )
    }
    if (completeSince === undefined && at - started > withinMs) {
      refuse('rollout-going-on', { target: now.target, status: says, incident: context.incident })
    }
    await pause(lookEveryMs)
  }
}

/** As long as the controller itself would wait; it counts a pod only after its minReadySeconds. */
function patienceMs({ object }: DeploymentState): number {
  return progressMsOf(object) + (object.spec?.minReadySeconds ?? 0) * 1_000 + graceMs
}

/** What the controller takes for progress. */
function progressOf({ object }: DeploymentState): string {
  const { replicas, updatedReplicas, readyReplicas, availableReplicas } = object.status ?? {}
  return JSON.stringify([replicas, updatedReplicas, readyReplicas, availableReplicas])
}

/** The first new pod that is not Ready says more than the Deployment does. */
function withTrouble(says: Words, pods: readonly PodState[], { live }: DeploymentState): Text {
  const pod = pods.find((each) => isNew(each, live) && !each.ready && !each.terminating)
  return withReason(said(says), pod && troubleSentence(pod))
}

async function podsOf(
  kubernetes: Kubernetes,
  context: StepContext,
  { object }: DeploymentState,
): Promise<readonly PodState[]> {
  const labelSelector = selectorText(object.spec?.selector)
  return (await readPods(kubernetes, context, { labelSelector })).items
}

/** The first pod of the live ReplicaSet in a crash loop, as a sentence. */
function crashOf(pods: readonly PodState[], { live }: DeploymentState): Text | undefined {
  const crashing = pods.find(
    (pod) => isNew(pod, live) && !pod.terminating && pod.trouble?.reason === 'CrashLoopBackOff',
  )
  return crashing && troubleSentence(crashing)
}

/**
 * Why new pods cannot come up, and what there is meanwhile: no node takes them, or a quota forbids to make them. While old pods
 * are on their way out there is no telling yet: they make room.
 */
export function noRoomOf(
  pods: readonly PodState[],
  { live, object, wanted }: Pick<DeploymentState, 'live' | 'object' | 'wanted'>,
): Text | undefined {
  if (pods.some((pod) => pod.terminating)) return undefined
  // Not as many as are wanted: the controller makes new pods by and by.
  const made = pods.filter((pod) => isNew(pod, live))
  const waiting = made.filter((pod) => pod.pending?.unschedulable)
  const refused = object.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  )
  const [first] = waiting
  const ready = pods.filter((pod) => pod.ready)
  const fresh = ready.filter((pod) => isNew(pod, live)).length
  const old = ready.length - fresh
  const missing = Math.max(0, wanted - fresh)
  const meanwhile = {
    en: `The change was made; ${fresh} new and ${old} old pods are Ready`,
    ja: `変更は反映済みで、Ready は新 ${fresh} 個・旧 ${old} 個です`,
  }
  if (first !== undefined) {
    const why = troubleSentence(first)
    const { opening, cure } = unplaced(first.pending?.reason ?? 'scheduling')
    return {
      en: `${opening.en}: ${waiting.length} of ${made.length} new pods cannot start (${why.en}). ${meanwhile.en}. ${cure.en}, or undo the step`,
      ja: `${opening.ja}: 新しい Pod ${made.length} 個中 ${waiting.length} 個が起動できません（${why.ja}）。${meanwhile.ja}。${cure.ja}か、手順を元に戻してください`,
    }
  }
  if (refused === undefined) return undefined
  const why = plainLine(refused.message ?? refused.reason ?? '')
  const by = refusedTexts[whyRefused(why)]
  return {
    en: `refused by ${by.en}: ${missing} of ${wanted} new pods cannot be created (${why}). ${meanwhile.en}. Have the restriction changed, or undo the step`,
    ja: `${by.ja}による拒否: 新しい Pod ${wanted} 個中 ${missing} 個を作成できません（${why}）。${meanwhile.ja}。制限を変更するか、手順を元に戻してください`,
  }
}

/** Room is the cure only of what lacks room. */
function unplaced(reason: PendingReason): { readonly opening: Text; readonly cure: Text } {
  if (reason === 'memory' || reason === 'room')
    return {
      opening: { en: 'no room', ja: '空きがありません' },
      cure: { en: 'Make room', ja: '空きを作る' },
    }
  return { opening: pendingTexts[reason], cure: { en: 'Remove the cause', ja: '原因を取り除く' } }
}

function isNew({ owner }: PodState, live: DeploymentState['live']): boolean {
  return live !== undefined && owner?.uid === live.uid
}

function verdict(ok: boolean, reason: Words, { name, wanted, object, live }: DeploymentState): Verified {
  const { updatedReplicas = 0, availableReplicas = 0, readyReplicas = 0 } = object.status ?? {}
  return {
    ok,
    says: ok
      ? {
          en: `${name}: ${wanted === 1 ? 'its replica is' : `all ${counted(wanted, 'replica')} are`} up to date and available`,
          ja: `${name}: ${wanted} 個のレプリカがすべて更新され、利用できます`,
        }
      : { en: `${name}: ${said(reason).en}`, ja: `${name}: ${said(reason).ja}` },
    facts: {
      wanted,
      updated: updatedReplicas,
      available: availableReplicas,
      ready: readyReplicas,
      template: live?.hash ?? null,
    },
  }
}
