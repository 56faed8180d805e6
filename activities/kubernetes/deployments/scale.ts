import { z } from 'zod'
import { counted } from '../../../domain/counted.ts'
import type { ChangeHand, Plan, StepContext } from '../../../domain/steps/contract.ts'
import { isReached, type Only } from '../../../domain/steps/only.ts'
import type { Text } from '../../../domain/words.ts'
import { refuseChanged } from '../../changed.ts'
import { refuse } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { type DeploymentState, readDeployment } from '../objects/deployment.ts'
import {
  afterOf,
  identityOf,
  isMarked,
  isNow,
  type JsonPatch,
  markPatch,
  patchDeployment,
  refuseRepeat,
} from './guarded-patch.ts'
import { type Autoscaler, autoscalerOf, gitOpsWarnings, withWarnings } from './managed-by.ts'
import { deploymentChange } from './planned.ts'
import { awaitRollout } from './rolled-out.ts'

type Params = {
  readonly deployment: string
  readonly replicas: number
  readonly only?: Only | undefined
}

const before = deploymentChange.extend({ replicas: z.number() })
const change = z.object({ autoscaler: z.string().optional() })

/** An autoscaler looks every 15 s and sets its own number then; a number that outlived that stays. */
const autoscalerSteadyMs = 20_000

/** Sets the number of replicas; undo sets the number that was there before. */
export function scaleHand(kubernetes: Kubernetes): ChangeHand<Params> {
  return {
    plan: async (params, context) => {
      const [found, autoscaler] = await Promise.all([
        readDeployment(kubernetes, context, params.deployment),
        autoscalerOf(kubernetes, context, params.deployment),
      ])
      const plan = planOf(params, found, autoscaler)
      if (!plan.nothingToDo) await patch(kubernetes, params, plan, context, true)
      return plan
    },
    isDone: (params, plan, context) =>
      isNow(kubernetes, context, params.deployment, (now) => isAsWanted(now, params, plan)),
    run: async (params, plan, context) => {
      const { already, now } = await patch(kubernetes, params, plan, context, false)
      const own = !already || isMarked(now, context)
      return {
        says: {
          en: `${params.deployment} ${own ? 'was set' : 'was already'} to ${counted(params.replicas, 'replica')}`,
          ja: `${params.deployment} のレプリカ数${own ? 'を' : 'は既に'} ${params.replicas} ${own ? 'にしました' : 'でした'}`,
        },
        already,
        after: { ...afterOf(now), replicas: params.replicas },
      }
    },
    verify: (params, plan, _done, context) => {
      const { autoscaler } = change.parse(plan.change)
      return awaitRollout(kubernetes, context, params.deployment, {
        strays: ({ wanted }) =>
          isReached(wanted, params.replicas, params.only)
            ? undefined
            : {
                en: `${autoscaler === undefined ? 'somebody' : `the autoscaler ${autoscaler}`} set it to ${counted(wanted, 'replica')}`,
                ja: `${autoscaler === undefined ? '他' : `オートスケーラー ${autoscaler} `}によりレプリカ数が ${wanted} に変更されています`,
              },
        ...(autoscaler === undefined ? {} : { steadyMs: autoscalerSteadyMs }),
      })
    },
  }
}

function planOf(
  params: Params,
  found: DeploymentState,
  autoscaler: Autoscaler | 'unknown' | undefined,
): Plan {
  const { deployment, replicas, only } = params
  const nothingToDo = isReached(found.wanted, replicas, only)
  const scaler = autoscaler === 'unknown' ? undefined : autoscaler
  if (!nothingToDo && scaler !== undefined) refuseOutside(found, replicas, scaler)
  const ready = found.object.status?.readyReplicas ?? 0
  const total = found.object.status?.replicas ?? 0
  const removed = nothingToDo ? 0 : Math.max(0, total - replicas)
  // Its ReplicaSet takes away pods that are not Ready first.
  const notReady = Math.min(removed, Math.max(0, total - ready))
  return {
    target: found.target,
    says: nothingToDo
      ? reachedText(found, params)
      : withWarnings(
          {
            en: `Scale ${deployment} from ${found.wanted} to ${counted(replicas, 'replica')}`,
            ja: `${deployment} のレプリカ数を ${found.wanted} から ${replicas} に変更`,
          },
          [...autoscalerWarnings(autoscaler), ...gitOpsWarnings(found)],
        ),
    nothingToDo,
    change: { uid: found.uid, replicas, ...(scaler === undefined ? {} : { autoscaler: scaler.name }) },
    before: { ...identityOf(found), replicas: found.wanted, template: found.live?.hash ?? null },
    pods: { ready: Math.min(removed - notReady, ready), notReady, ofReady: ready },
  }
}

function reachedText({ name, wanted }: DeploymentState, { replicas, only }: Params): Text {
  if (wanted === replicas)
    return {
      en: `${name} already has ${counted(wanted, 'replica')}`,
      ja: `${name} は既に ${wanted} レプリカです`,
    }
  return {
    en: `${name} already has ${counted(wanted, 'replica')}, ${only === 'up' ? 'more' : 'fewer'} than ${replicas}: nothing to do`,
    ja: `${name} は既に ${wanted} レプリカです（${replicas} ${only === 'up' ? 'より多い' : 'より少ない'}ため変更しません）`,
  }
}

/** It would put such a number back at its next look; its own bounds are what has to be changed. */
function refuseOutside(
  { target }: DeploymentState,
  replicas: number,
  { name, least, most }: Autoscaler,
): void {
  if (replicas === 0 || (replicas >= least && replicas <= most)) return
  refuse('precondition-failed', {
    target,
    reason: {
      en: `the autoscaler ${name} keeps it between ${least} and ${most} replicas; change those bounds instead (kubectl edit hpa ${name})`,
      ja: `オートスケーラー ${name} が ${least} から ${most} レプリカに保っています。その範囲を変更してください（kubectl edit hpa ${name}）`,
    },
  })
}

function autoscalerWarnings(autoscaler: Autoscaler | 'unknown' | undefined): readonly Text[] {
  if (autoscaler === undefined) return []
  if (autoscaler === 'unknown') {
    return [
      {
        en: 'not checked whether an autoscaler sets its replicas: the worker may not list horizontalpodautoscalers (deploy/kubernetes/rbac.yaml)',
        ja: 'オートスケーラー（HPA）の有無は未確認です: ワーカーに参照権限がありません（deploy/kubernetes/rbac.yaml）',
      },
    ]
  }
  const { name, least, most } = autoscaler
  return [
    {
      en: `the autoscaler ${name} (${least} to ${most}) also sets its replicas and may change them again within 15 s`,
      ja: `オートスケーラー ${name}（${least}〜${most}）もレプリカ数を設定しており、15 秒以内に変更される可能性があります`,
    },
  ]
}

function isAsWanted({ uid, wanted }: DeploymentState, { replicas }: Params, plan: Plan): boolean {
  return uid === before.parse(plan.before).uid && wanted === replicas
}

function patch(kubernetes: Kubernetes, params: Params, plan: Plan, context: StepContext, dryRun: boolean) {
  const planned = before.parse(plan.before)
  return patchDeployment(kubernetes, context, {
    name: params.deployment,
    dryRun,
    decide: (now): JsonPatch | undefined => {
      if (isAsWanted(now, params, plan)) return undefined
      refuseRepeat(now, planned, context)
      if (now.wanted !== planned.replicas) {
        refuseChanged(
          now.target,
          {
            en: `it has ${counted(now.wanted, 'replica')}, not ${planned.replicas}`,
            ja: `レプリカ数は ${planned.replicas} ではなく ${now.wanted} です`,
          },
          context,
        )
      }
      return [{ op: 'replace', path: '/spec/replicas', value: params.replicas }, ...markPatch(now, context)]
    },
  })
}
