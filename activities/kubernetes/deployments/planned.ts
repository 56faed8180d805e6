/** What plans of Deployment changes have in common, read back from the JSON that travelled through the workflow. */

import type { V1RollingUpdateDeployment } from '@kubernetes/client-node'
import { z } from 'zod'
import { isDrift } from '../../../domain/approval/same-plan.ts'
import { forNow } from '../../../domain/failures/for-now.ts'
import type { Plan, StepContext } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { refuseChanged } from '../../changed.ts'
import { refuse } from '../../refusal.ts'
import type { Raw } from '../api/client.ts'
import type { DeploymentState, Revision } from '../objects/deployment.ts'
import { identityOf, refuseRepeat } from './guarded-patch.ts'

export const deploymentChange = z.object({ uid: z.string(), stepRun: z.string().nullable() })

/** What a change of the pod template goes by. */
export const templateBefore = deploymentChange.extend({ template: z.string() })

/** What a plan keeps of a Deployment whose template it changes: enough to check it again and to go back. */
export function templateBeforeOf(found: DeploymentState, live: Revision) {
  return {
    ...identityOf(found),
    template: live.hash,
    replicaSet: live.name,
    revision: live.number,
    replicas: found.wanted,
  }
}

/** How many pods people were told of: an autoscaler may have moved that since. */
export function toldReplicas({ wanted }: DeploymentState, told: Plan | undefined): number {
  const { replicas } = z.object({ replicas: z.number() }).safeParse(told?.before).data ?? {}
  return replicas !== undefined && isDrift(replicas, wanted) ? replicas : wanted
}

/** Refuses unless the template that was live when it was planned still is, on a Deployment that may roll out. */
export function refuseOtherTemplate(
  now: DeploymentState,
  before: z.infer<typeof templateBefore>,
  context: StepContext,
): void {
  refuseRepeat(now, before, context)
  refusePaused(now)
  if (now.live?.hash !== before.template) {
    refuseChanged(now.target, liveWords(now), context)
  }
}

function liveWords({ live }: DeploymentState): Text {
  return live === undefined
    ? { en: 'the live template has no ReplicaSet', ja: '現在のテンプレートに ReplicaSet がありません' }
    : { en: `${live.name} is live`, ja: `現在は ${live.name} です` }
}

export function refusePaused({ object, target }: DeploymentState): void {
  if (object.spec?.paused) {
    refuse('precondition-failed', {
      target,
      reason: {
        en: 'its rollout is paused; resume it first (kubectl rollout resume)',
        ja: '一時停止中です。先に再開してください（kubectl rollout resume）',
      },
      ...forNow,
    })
  }
}

/** The revision whose template is live; refuses in the moment before the controller has made its ReplicaSet. */
export function liveRevision({ live, target }: DeploymentState): Revision {
  return (
    live ??
    refuse('precondition-failed', {
      target,
      reason: {
        en: 'its newest template has no ReplicaSet yet; try again in a moment',
        ja: '最新テンプレートの ReplicaSet がまだありません。少し待って再実行してください',
      },
      ...forNow,
    })
  )
}

/** Pods that a rolling change takes down at once: at most maxUnavailable of those Ready; all of them with Recreate. */
export function podsTakenDown({ object, wanted, live }: DeploymentState, spared = 0): Plan['pods'] {
  const ready = object.status?.readyReplicas ?? 0
  const notReady = Math.max(0, (live?.replicas ?? 0) - (live?.ready ?? 0))
  const atRisk = Math.max(0, ready - spared)
  const { type, rollingUpdate } = object.spec?.strategy ?? {}
  const unavailable = type === 'Recreate' ? atRisk : unavailableOf(rollingUpdate, wanted)
  return { ready: Math.min(atRisk, unavailable), notReady, ofReady: ready }
}

/** As the controller reads it (ResolveFenceposts): maxUnavailable is rounded down, maxSurge up, and where both are 0 one pod goes. */
function unavailableOf(
  { maxUnavailable = '25%', maxSurge = '25%' }: Raw<V1RollingUpdateDeployment> = {},
  wanted: number,
): number {
  const unavailable = share(maxUnavailable, wanted, Math.floor)
  return unavailable === 0 && share(maxSurge, wanted, Math.ceil) === 0 ? 1 : unavailable
}

function share(amount: number | string, of: number, round: (part: number) => number): number {
  if (typeof amount === 'number') return amount
  return round((Number.parseInt(amount, 10) * of) / 100)
}
