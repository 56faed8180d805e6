import { z } from 'zod'
import { counted } from '../../../domain/counted.ts'
import type { ChangeHand, Plan, StepContext } from '../../../domain/steps/contract.ts'
import type { Kubernetes } from '../api/client.ts'
import { type DeploymentState, type Revision, readDeployment } from '../objects/deployment.ts'
import { afterOf, annotate, isNow, type JsonPatch, markPatch, patchDeployment } from './guarded-patch.ts'
import { gitOpsWarnings, withWarnings } from './managed-by.ts'
import {
  liveRevision,
  podsTakenDown,
  refuseOtherTemplate,
  refusePaused,
  templateBefore,
  templateBeforeOf,
  toldReplicas,
} from './planned.ts'
import { awaitRollout } from './rolled-out.ts'

type Params = { readonly deployment: string }

const restartAnnotation = 'kubectl.kubernetes.io/restartedAt'
const change = z.object({ restartedAt: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) })

/** A rolling restart, as kubectl does it; its time is fixed in the plan, so that a repeat is no second restart. */
export function rolloutRestartHand(kubernetes: Kubernetes): ChangeHand<Params> {
  return {
    plan: async (params, context, told) => {
      const found = await readDeployment(kubernetes, context, params.deployment)
      refusePaused(found)
      const plan = planOf(found, liveRevision(found), context, told)
      await patch(kubernetes, params, plan, context, true)
      return plan
    },
    isDone: (params, plan, context) =>
      isNow(kubernetes, context, params.deployment, (now) => isAsPlanned(now, plan)),
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
      return awaitRollout(kubernetes, context, params.deployment, {
        strays: (now) =>
          restartedIn(now) === restartedAt
            ? undefined
            : { en: 'its template has been changed since', ja: 'その後にテンプレートが変更されています' },
      })
    },
  }
}

function planOf(found: DeploymentState, live: Revision, context: StepContext, told: Plan | undefined): Plan {
  const restartedAt =
    change.safeParse(told?.change).data?.restartedAt ??
    new Date(context.nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
  const replicas = toldReplicas(found, told)
  return {
    target: found.target,
    says: withWarnings(
      {
        en: `Restart the ${counted(replicas, 'pod')} of ${found.name}${replicas === 1 ? '' : ' one at a time'}`,
        ja: `${found.name} の Pod ${replicas} 個を順に再起動`,
      },
      gitOpsWarnings(found),
    ),
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
      if (isAsPlanned(now, plan)) return undefined
      refuseOtherTemplate(now, before, context)
      const existing = now.object.spec?.template.metadata?.annotations
      return [
        ...annotate('/spec/template/metadata', existing, { [restartAnnotation]: restartedAt }),
        ...markPatch(now, context),
      ]
    },
  })
}

function isAsPlanned(now: DeploymentState, plan: Plan): boolean {
  return (
    now.uid === templateBefore.parse(plan.before).uid &&
    restartedIn(now) === change.parse(plan.change).restartedAt
  )
}

function restartedIn({ object }: DeploymentState): string | undefined {
  return object.spec?.template.metadata?.annotations?.[restartAnnotation]
}
