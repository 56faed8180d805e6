import type { StepContext, Verified } from '../../domain/steps/contract.ts'
import { pause, pulse } from '../pulse.ts'
import type { Kubernetes } from './client.ts'
import { type DeploymentState, readDeployment, selectorText } from './deployment.ts'
import { readPods } from './namespace.ts'
import { troubleSentence } from './pod-state.ts'
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
  let crashingSince: number | undefined
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
    const crashing = done ? undefined : await crashOf(kubernetes, context, now)
    crashingSince = crashing === undefined ? undefined : (crashingSince ?? at)
    if (crashing !== undefined && crashingSince !== undefined && at - crashingSince >= crashingMs) {
      return verdict(false, crashing, now)
    }
    if (at - started > withinMs)
      return verdict(false, `not complete within ${withinMs / 1_000} s: ${says}`, now)
    await pause(lookEveryMs)
  }
}

/** The first pod of the live ReplicaSet in a crash loop, as a sentence. */
async function crashOf(
  kubernetes: Kubernetes,
  context: StepContext,
  { live, object }: DeploymentState,
): Promise<string | undefined> {
  if (live === undefined) return undefined
  const labelSelector = `${selectorText(object.spec?.selector)},pod-template-hash=${live.hash}`
  const { items } = await readPods(kubernetes, context, { labelSelector })
  const crashing = items.find((pod) => !pod.terminating && pod.trouble?.reason === 'CrashLoopBackOff')
  return crashing && troubleSentence(crashing)
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
