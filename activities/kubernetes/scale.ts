import { z } from 'zod'
import type { ChangeHand, Plan, StepContext } from '../../domain/steps/contract.ts'
import { refuseChanged } from '../changed.ts'
import type { Kubernetes } from './client.ts'
import { type DeploymentState, readDeployment } from './deployment.ts'
import {
  afterOf,
  identityOf,
  isMarked,
  type JsonPatch,
  markPatch,
  patchDeployment,
  refuseRepeat,
} from './guarded-patch.ts'
import { deploymentChange } from './planned.ts'
import { awaitRollout } from './rolled-out.ts'

type Params = { readonly deployment: string; readonly replicas: number }

const before = deploymentChange.extend({ replicas: z.number() })

/** Sets the number of replicas; undo sets the number that was there before. */
export function scaleHand(kubernetes: Kubernetes): ChangeHand<Params> {
  return {
    plan: async (params, context) => {
      const found = await readDeployment(kubernetes, context, params.deployment)
      const plan = planOf(params, found)
      if (!plan.nothingToDo) await patch(kubernetes, params, plan, context, true)
      return plan
    },
    run: async (params, plan, context) => {
      const { already, now } = await patch(kubernetes, params, plan, context, false)
      const own = !already || isMarked(now, context)
      return {
        says: {
          en: `${params.deployment} ${own ? 'was set' : 'was already'} to ${params.replicas} replicas`,
          ja: `${params.deployment} のレプリカ数${own ? 'を' : 'は既に'} ${params.replicas} ${own ? 'にしました' : 'でした'}`,
        },
        already,
        after: { ...afterOf(now), replicas: params.replicas },
      }
    },
    verify: (params, _plan, _done, context) =>
      awaitRollout(kubernetes, context, params.deployment, (now) =>
        now.wanted === params.replicas ? undefined : `somebody set it to ${now.wanted} replicas`,
      ),
  }
}

function planOf({ deployment, replicas }: Params, found: DeploymentState): Plan {
  const ready = found.object.status?.readyReplicas ?? 0
  const total = found.object.status?.replicas ?? 0
  const removed = Math.max(0, total - replicas)
  // Its ReplicaSet takes away pods that are not Ready first.
  const notReady = Math.min(removed, Math.max(0, total - ready))
  return {
    target: found.target,
    says: {
      en: `Scale ${deployment} from ${found.wanted} to ${replicas} replicas`,
      ja: `${deployment} のレプリカ数を ${found.wanted} から ${replicas} に変更`,
    },
    nothingToDo: found.wanted === replicas,
    change: { uid: found.uid, replicas },
    before: { ...identityOf(found), replicas: found.wanted, template: found.live?.hash ?? null },
    pods: { ready: Math.min(removed - notReady, ready), notReady, ofReady: ready },
  }
}

function patch(kubernetes: Kubernetes, params: Params, plan: Plan, context: StepContext, dryRun: boolean) {
  const planned = before.parse(plan.before)
  return patchDeployment(kubernetes, context, {
    name: params.deployment,
    dryRun,
    decide: (now): JsonPatch | undefined => {
      if (now.uid === planned.uid && now.wanted === params.replicas) return undefined
      refuseRepeat(now, planned, context)
      if (now.wanted !== planned.replicas) {
        refuseChanged(now.target, `it has ${now.wanted} replicas, not ${planned.replicas}`, context)
      }
      return [{ op: 'replace', path: '/spec/replicas', value: params.replicas }, ...markPatch(now, context)]
    },
  })
}
