import { z } from 'zod'
import type { ChangeHand, Plan, StepContext } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import type { Kubernetes } from './client.ts'
import { type DeploymentState, type Revision, readDeployment } from './deployment.ts'
import { afterOf, isMarked, type JsonPatch, markPatch, patchDeployment } from './guarded-patch.ts'
import {
  liveRevision,
  managedBy,
  podsTakenDown,
  refuseOtherTemplate,
  refusePaused,
  templateBefore,
  templateBeforeOf,
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
    plan: async (params, context) => {
      const found = await readDeployment(kubernetes, context, params.deployment)
      refusePaused(found)
      const meant = containersMeant(found, params)
      refuseTooMuch(found.target, meant)
      const unchecked = await refuseNoRoom(kubernetes, context, found.target, specWith(found, meant))
      const plan = planOf(params, found, liveRevision(found), meant, unchecked)
      if (!plan.nothingToDo) await patch(kubernetes, params, plan, context, true)
      return plan
    },
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
      awaitRollout(kubernetes, context, params.deployment, (now) =>
        isDone(params, now) ? undefined : 'somebody has changed its resources since',
      ),
  }
}

function planOf(
  params: Params,
  found: DeploymentState,
  live: Revision,
  meant: readonly ContainerResources[],
  unchecked: Text | undefined,
): Plan {
  const names = meant.map(({ name }) => name).join(', ')
  const before = meant.map(({ name, before }) => `${name}: ${shown(before)}`).join('; ')
  const what = asked(params)
  const manager = managedBy(found)
  const warnings = [
    ...(manager === ''
      ? []
      : [
          {
            en: `${manager} manages it and may put the old ones back`,
            ja: `${manager} が管理しており、元に戻される可能性があります`,
          },
        ]),
    ...(unchecked ? [unchecked] : []),
  ]
  return {
    target: found.target,
    says: {
      en: [
        `Set ${what} on ${found.name} (${names}), which replaces its ${found.wanted} pods; before: ${before}`,
        ...warnings.map(({ en }) => en),
      ].join('; '),
      ja: [
        `${found.name}（${names}）を ${what} に変更し、Pod ${found.wanted} 個を置き換え（変更前: ${before}）`,
        ...warnings.map(({ ja }) => ja),
      ].join('。'),
    },
    nothingToDo: meant.every((container) => isAsWanted(container, params)),
    change: { containers: meant.map(({ name, after }) => figures(name, after)) },
    before: {
      ...templateBeforeOf(found, live),
      containers: meant.map(({ name, before }) => figures(name, before)),
    },
    pods: podsTakenDown(found),
  }
}

function patch(kubernetes: Kubernetes, params: Params, plan: Plan, context: StepContext, dryRun: boolean) {
  const before = templateBefore.parse(plan.before)
  return patchDeployment(kubernetes, context, {
    name: params.deployment,
    dryRun,
    decide: (now): JsonPatch | undefined => {
      if (now.uid === before.uid && isDone(params, now)) return undefined
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

function shown(resources: { readonly limits?: object; readonly requests?: object }): string {
  const lists = (['limits', 'requests'] as const).flatMap((list) => {
    const amounts = Object.entries(resources[list] ?? {}).filter(([, amount]) => amount !== undefined)
    return amounts.length === 0
      ? []
      : [`${list} ${amounts.map(([key, value]) => `${key}=${value}`).join(' ')}`]
  })
  return lists.length === 0 ? 'no limits' : lists.join(', ')
}
