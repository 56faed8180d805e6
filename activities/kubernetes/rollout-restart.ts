import { z } from 'zod'
import type { ChangeHand, Plan, StepContext } from '../../domain/steps/contract.ts'
import type { Kubernetes } from './client.ts'
import { type DeploymentState, type Revision, readDeployment } from './deployment.ts'
import { afterOf, annotate, type JsonPatch, markPatch, patchDeployment } from './guarded-patch.ts'
import {
  liveRevision,
  podsTakenDown,
  refuseOtherTemplate,
  refusePaused,
  templateBefore,
  templateBeforeOf,
} from './planned.ts'
import { awaitRollout } from './rolled-out.ts'

type Params = { readonly deployment: string }

const restartAnnotation = 'kubectl.kubernetes.io/restartedAt'
const change = z.object({ restartedAt: z.string() })

/** A rolling restart, as kubectl does it; its time is fixed in the plan, so that a repeat is no second restart. */
export function rolloutRestartHand(kubernetes: Kubernetes): ChangeHand<Params> {
  return {
    plan: async (params, context) => {
      const found = await readDeployment(kubernetes, context, params.deployment)
      refusePaused(found)
      const plan = planOf(found, liveRevision(found), context)
      await patch(kubernetes, params, plan, context, true)
      return plan
    },
    run: async (params, plan, context) => {
      const { restartedAt } = change.parse(plan.change)
      const { already, now } = await patch(kubernetes, params, plan, context, false)
      return {
        says: {
          en: `The rolling restart of ${params.deployment} has begun`,
          ja: `${params.deployment} のローリング再起動を開始しました`,
        },
        already,
        after: { ...afterOf(now), restartedAt },
      }
    },
    verify: (params, plan, _done, context) => {
      const { restartedAt } = change.parse(plan.change)
      return awaitRollout(kubernetes, context, params.deployment, (now) =>
        restartedIn(now) === restartedAt ? undefined : 'its template was changed since',
      )
    },
  }
}

function planOf(found: DeploymentState, live: Revision, context: StepContext): Plan {
  const restartedAt = new Date(context.nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
  return {
    target: found.target,
    says: {
      en: `Restart the ${found.wanted} pods of ${found.name} one after the other`,
      ja: `${found.name} の Pod ${found.wanted} 個を順に再起動`,
    },
    nothingToDo: false,
    change: { restartedAt },
    before: {
      ...templateBeforeOf(found, live),
    },
    pods: podsTakenDown(found),
  }
}

function patch(kubernetes: Kubernetes, params: Params, plan: Plan, context: StepContext, dryRun: boolean) {
  const before = templateBefore.parse(plan.before)
  const { restartedAt } = change.parse(plan.change)
  return patchDeployment(kubernetes, context, {
    name: params.deployment,
    dryRun,
    decide: (now): JsonPatch | undefined => {
      if (now.uid === before.uid && restartedIn(now) === restartedAt) return undefined
      refuseOtherTemplate(now, before, context)
      const existing = now.object.spec?.template.metadata?.annotations
      return [
        ...annotate('/spec/template/metadata', existing, { [restartAnnotation]: restartedAt }),
        ...markPatch(now, context),
      ]
    },
  })
}

function restartedIn({ object }: DeploymentState): string | undefined {
  return object.spec?.template.metadata?.annotations?.[restartAnnotation]
}
