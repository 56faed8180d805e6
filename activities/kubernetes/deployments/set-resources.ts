import { z } from 'zod'
import { counted } from '../../../domain/counted.ts'
import type { ChangeHand, Plan, StepContext } from '../../../domain/steps/contract.ts'
import type { Lang, Text } from '../../../domain/words.ts'
import type { Kubernetes } from '../api/client.ts'
import { type DeploymentState, type Revision, readDeployment } from '../objects/deployment.ts'
import { afterOf, isMarked, isNow, type JsonPatch, markPatch, patchDeployment } from './guarded-patch.ts'
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
import { refuseNoRoom } from './room.ts'
import {
  type ContainerResources,
  containersMeant,
  containersNamed,
  isAsWanted,
  refuseTooMuch,
  specWith,
  type WantedResources,
} from './wanted-resources.ts'

type Params = { readonly deployment: string } & WantedResources

const amounts = z.record(z.string(), z.string())
/** What each container will have in all: what is approved is this, not the difference. */
const change = z.object({
  containers: z.array(z.object({ name: z.string(), limits: amounts, requests: amounts })),
})

/** Sets limits and requests as `kubectl set resources` does: a new revision; undo goes back to the one that was live. */
export function setResourcesHand(kubernetes: Kubernetes): ChangeHand<Params> {
  return {
    plan: async (params, context, told) => {
      const found = await readDeployment(kubernetes, context, params.deployment)
      refusePaused(found)
      const meant = containersMeant(found, params)
      refuseTooMuch(found.target, meant)
      const unchecked = await refuseNoRoom(kubernetes, context, found.target, specWith(found, meant))
      const plan = planOf(params, found, liveRevision(found), meant, unchecked, told)
      if (!plan.nothingToDo) await patch(kubernetes, params, plan, context, true)
      return plan
    },
    isDone: (params, plan, context) =>
      isNow(kubernetes, context, params.deployment, (now) => isAsPlanned(params, plan, now)),
    run: async (params, plan, context) => {
      const { already, now } = await patch(kubernetes, params, plan, context, false)
      const own = !already || isMarked(now, context)
      const what = asked(params)
      return {
        says: {
          en: `${params.deployment} ${own ? 'now has' : 'already had'} ${what}; its pods are being replaced`,
          ja: `${params.deployment} を ${what} に${own ? '変更しました' : '変更済みでした'}。Pod を順に置き換えています`,
        },
        already,
        after: { ...afterOf(now), ...change.parse(plan.change) },
      }
    },
    verify: (params, _plan, _done, context) =>
      awaitRollout(kubernetes, context, params.deployment, {
        strays: (now) =>
          isDone(params, now)
            ? undefined
            : { en: 'its resources have been changed since', ja: 'その後にリソースが変更されています' },
      }),
  }
}

function planOf(
  params: Params,
  found: DeploymentState,
  live: Revision,
  meant: readonly ContainerResources[],
  unchecked: Text | undefined,
  told: Plan | undefined,
): Plan {
  const nothingToDo = meant.every((container) => isAsWanted(container, params))
  return {
    target: found.target,
    says: nothingToDo
      ? reachedText(params, found, meant)
      : changeText(params, found, meant, unchecked, toldReplicas(found, told)),
    nothingToDo,
    change: { containers: meant.map(({ name, after }) => figures(name, after)) },
    before: {
      ...templateBeforeOf(found, live),
      containers: meant.map(({ name, before }) => figures(name, before)),
    },
    pods: podsTakenDown(found),
  }
}

function reachedText(params: Params, { name }: DeploymentState, meant: readonly ContainerResources[]): Text {
  const what = asked(params)
  const before = beforeText(meant)
  const more = params.only === undefined ? '' : ` or ${params.only === 'up' ? 'more' : 'less'}`
  const moreJa = params.only === undefined ? '' : params.only === 'up' ? '以上' : '以下'
  return {
    en: `${name} already has ${what}${more} (${before.en})`,
    ja: `${name} は既に ${what}${moreJa} です（${before.ja}）`,
  }
}

function changeText(
  params: Params,
  found: DeploymentState,
  meant: readonly ContainerResources[],
  unchecked: Text | undefined,
  replicas: number,
): Text {
  const names = meant.map(({ name }) => name).join(', ')
  const what = asked(params)
  const before = beforeText(meant)
  const { only } = params
  const way = only === undefined ? '' : ` (only ${only})`
  const wayJa = only === undefined ? '' : only === 'up' ? '（引き上げのみ）' : '（引き下げのみ）'
  const says = {
    en: `Set ${what}${way} on ${found.name} (${names}), which replaces its ${counted(replicas, 'pod')}; before: ${before.en}`,
    ja: `${found.name}（${names}）を ${what}${wayJa} に変更し、Pod ${replicas} 個を置き換え（変更前: ${before.ja}）`,
  }
  return withWarnings(says, [...gitOpsWarnings(found), ...(unchecked ? [unchecked] : [])])
}

function beforeText(meant: readonly ContainerResources[]): Text {
  const of = (lang: Lang) =>
    meant.map(({ name, before }) => `${name}: ${shown(before) || unlimited[lang]}`).join('; ')
  return { en: of('en'), ja: of('ja') }
}

const unlimited: Text = { en: 'no limits', ja: '制限なし' }

function patch(kubernetes: Kubernetes, params: Params, plan: Plan, context: StepContext, dryRun: boolean) {
  const before = templateBefore.parse(plan.before)
  return patchDeployment(kubernetes, context, {
    name: params.deployment,
    dryRun,
    decide: (now): JsonPatch | undefined => {
      if (isAsPlanned(params, plan, now)) return undefined
      refuseOtherTemplate(now, before, context)
      return [
        ...containersMeant(now, params).map(({ list, index, after }) => ({
          op: 'add' as const,
          path: `/spec/template/spec/${list}/${index}/resources`,
          value: after,
        })),
        ...markPatch(now, context),
      ]
    },
  })
}

function isAsPlanned(params: Params, plan: Plan, now: DeploymentState): boolean {
  return now.uid === templateBefore.parse(plan.before).uid && isDone(params, now)
}

function isDone(params: Params, now: DeploymentState): boolean {
  const meant = containersNamed(now, params)
  return meant.length > 0 && meant.every((container) => isAsWanted(container, params))
}

function figures(name: string, { limits, requests }: ContainerResources['before']) {
  return { name, limits: limits ?? {}, requests: requests ?? {} }
}

/** `limits memory=6Gi, requests memory=2Gi` */
function asked({ limits, requests }: WantedResources): string {
  return shown({
    ...(limits ? { limits: { ...limits } } : {}),
    ...(requests ? { requests: { ...requests } } : {}),
  })
}

/** Empty where nothing is set. */
function shown(resources: { readonly limits?: object; readonly requests?: object }): string {
  const lists = (['limits', 'requests'] as const).flatMap((list) => {
    const amounts = Object.entries(resources[list] ?? {}).filter(([, amount]) => amount !== undefined)
    return amounts.length === 0
      ? []
      : [`${list} ${amounts.map(([key, value]) => `${key}=${value}`).join(' ')}`]
  })
  return lists.join(', ')
}
