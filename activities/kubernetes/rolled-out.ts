import type { StepContext, Verified } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import { plainLine } from '../plain-text.ts'
import { pause, pulse } from '../pulse.ts'
import type { Kubernetes } from './client.ts'
import { type DeploymentState, readDeployment, selectorText } from './deployment.ts'
import { readPods } from './namespace.ts'
import { lasting, noRoomMs } from './no-room.ts'
import { type PodState, troubleSentence } from './pod-state.ts'
import { rolloutStatus } from './rollout-status.ts'

const withinMs = 60_000
const lookEveryMs = 500
/** A container that dies a moment after it was Ready must not pass. */
const steadyMs = 2_000
/** So long a crash loop may be the echo of another fault that is just being mended. */
const crashingMs = 5_000

/** Waits until the rollout is complete and stays so; `strays` says what makes it another rollout than the one awaited. */
export async function awaitRollout(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  strays: (now: DeploymentState) => string | undefined,
): Promise<Verified> {
  const started = performance.now()
  let completeSince: number | undefined
  const hasCrashed = lasting(crashingMs)
  const isRoomless = lasting(noRoomMs)
  for (;;) {
    const now = await readDeployment(kubernetes, context, name)
    const { done, failed, says } = rolloutStatus(now)
    pulse().beat({ status: says })
    const stray = strays(now)
    if (stray !== undefined) return verdict(false, stray, now)
    if (failed) return verdict(false, says, now)
    const at = performance.now()
    completeSince = done ? (completeSince ?? at) : undefined
    if (completeSince !== undefined && at - completeSince >= steadyMs) return verdict(true, says, now)
    const pods = done ? [] : await podsOf(kubernetes, context, now)
    const crashing = crashOf(pods, now)
    if (hasCrashed(crashing !== undefined) && crashing !== undefined) return verdict(false, crashing, now)
    const noRoom = noRoomOf(pods, now)
    if (isRoomless(noRoom !== undefined) && noRoom !== undefined) {
      const says = { en: `${name}: ${noRoom.en}`, ja: `${name}: ${noRoom.ja}` }
      return { ...verdict(false, noRoom.en, now), says }
    }
    if (at - started > withinMs)
      return verdict(false, `not complete within ${withinMs / 1_000} s: ${says}`, now)
    await pause(lookEveryMs)
  }
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
function crashOf(pods: readonly PodState[], { live }: DeploymentState): string | undefined {
  const crashing = pods.find(
    (pod) => isNew(pod, live) && !pod.terminating && pod.trouble?.reason === 'CrashLoopBackOff',
  )
  return crashing && troubleSentence(crashing)
}

/**
 * Why new pods cannot come up, and what there is meanwhile: no node takes them, or a quota forbids to make them. While old pods
 * are on their way out there is no telling yet: they make room.
 */
function noRoomOf(pods: readonly PodState[], { live, object, wanted }: DeploymentState): Text | undefined {
  if (pods.some((pod) => pod.terminating)) return undefined
  const waiting = pods.filter((pod) => isNew(pod, live) && pod.pending?.unschedulable)
  const refused = object.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  )
  const [first] = waiting
  const why =
    first !== undefined
      ? troubleSentence(first)
      : refused && plainLine(refused.message ?? refused.reason ?? '')
  if (why === undefined) return undefined
  const ready = pods.filter((pod) => pod.ready)
  const fresh = ready.filter((pod) => isNew(pod, live)).length
  const old = ready.length - fresh
  const missing = Math.max(0, wanted - fresh)
  return {
    en: `no room: ${missing} of ${wanted} new pods cannot start (${why}). The change is made; ${fresh} new and ${old} old pods are Ready. Make room, or undo the step`,
    ja: `空きがありません: 新しい Pod ${wanted} 個中 ${missing} 個が起動できません（${why}）。変更は反映済みで、Ready は新 ${fresh} 個・旧 ${old} 個です。空きを作るか、手順を元に戻してください`,
  }
}

function isNew({ owner }: PodState, live: DeploymentState['live']): boolean {
  return live !== undefined && owner?.uid === live.uid
}

function verdict(ok: boolean, reason: string, { name, wanted, object, live }: DeploymentState): Verified {
  const { updatedReplicas = 0, availableReplicas = 0, readyReplicas = 0 } = object.status ?? {}
  return {
    ok,
    says: ok
      ? {
          en: `${name}: all ${wanted} replicas are up to date and available`,
          ja: `${name}: ${wanted} 個のレプリカがすべて更新され、利用できます`,
        }
      : { en: `${name}: ${reason}`, ja: `${name}: ${reason}` },
    facts: {
      wanted,
      updated: updatedReplicas,
      available: availableReplicas,
      ready: readyReplicas,
      template: live?.hash ?? null,
    },
  }
}
