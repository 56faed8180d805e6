/** Rolls back as `kubectl rollout undo` does, but to one ReplicaSet named by UID and template hash, so that a repeat cannot go a step further back. */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { ChangeHand, Done, Plan, StepContext } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { refuse } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { type DeploymentState, type Revision, readDeployment, selectorText } from '../objects/deployment.ts'
import { readPods } from '../objects/namespace.ts'
import type { PodState } from '../objects/pod-state.ts'
import { revisionText, rolloutProblem } from './bad-rollout.ts'
import { brokenMarks, isKnownBroken } from './broken.ts'
import { afterOf, isMarked, isNow, type JsonPatch, marks, patchDeployment } from './guarded-patch.ts'
import { gitOpsWarnings, withWarnings } from './managed-by.ts'
import {
  liveRevision,
  podsTakenDown,
  refuseOtherTemplate,
  refusePaused,
  templateBefore,
  templateBeforeOf,
} from './planned.ts'
import { awaitRollout } from './rolled-out.ts'
import { chooseRevision, type WantedRevision } from './wanted-revision.ts'

type Params = { readonly deployment: string } & WantedRevision

const change = z.object({
  replicaSet: z.string(),
  replicaSetUid: z.string(),
  template: z.string(),
  revision: z.number(),
  /** UID of the ReplicaSet that is left because its pods fail: remembered, so that nobody goes back to it unwarned. */
  broken: z.string().optional(),
})
type Change = z.infer<typeof change>

export function rolloutUndoHand(kubernetes: Kubernetes): ChangeHand<Params> {
  return {
    plan: async (params, context, told) => {
      const found = await readDeployment(kubernetes, context, params.deployment)
      refusePaused(found)
      const labelSelector = selectorText(found.object.spec?.selector)
      const { items: pods } = await readPods(kubernetes, context, { labelSelector })
      const plan = planOf(found, liveRevision(found), chooseRevision(found, params), pods, told)
      if (!plan.nothingToDo) await patch(kubernetes, params, plan, context, true)
      return plan
    },
    isDone: (params, plan, context) =>
      isNow(kubernetes, context, params.deployment, (now) => isAsPlanned(now, plan)),
    run: async (params, plan, context) => {
      const { already, now } = await patch(kubernetes, params, plan, context, false)
      return doneOf(params.deployment, change.parse(plan.change), already, now, context)
    },
    verify: (params, plan, _done, context) => {
      const wanted = change.parse(plan.change)
      return awaitRollout(kubernetes, context, params.deployment, {
        strays: (now) =>
          isDone(now, wanted)
            ? undefined
            : {
                en: `another template is live (${now.live?.name ?? '?'})`,
                ja: `別のテンプレートになっています（${now.live?.name ?? '?'}）`,
              },
      })
    },
  }
}

function planOf(
  found: DeploymentState,
  live: Revision,
  chosen: Revision,
  pods: readonly PodState[],
  told: Plan | undefined,
): Plan {
  const says = {
    en: `Roll ${found.name} back from revision ${live.number} (${named(live)}) to revision ${chosen.number} (${named(chosen)})`,
    ja: `${found.name} をリビジョン ${live.number}（${named(live)}）から ${chosen.number}（${named(chosen)}）へロールバック`,
  }
  const warning = brokenWarning(found, chosen, pods)
  // Pods may fail, or come up, while people think it over: it is only remembered.
  const isBroken =
    told === undefined
      ? rolloutProblem(found, live, pods) !== undefined
      : change.safeParse(told.change).data?.broken === live.uid
  return {
    target: found.target,
    says: withWarnings(says, [...(warning === undefined ? [] : [warning]), ...gitOpsWarnings(found)]),
    // kubectl skips it too when another ReplicaSet has the very template that is live.
    nothingToDo: isDeepStrictEqual(chosen.template, found.object.spec?.template),
    change: {
      replicaSet: chosen.name,
      replicaSetUid: chosen.uid,
      template: chosen.hash,
      revision: chosen.number,
      ...(isBroken ? { broken: live.uid } : {}),
    } satisfies Change,
    before: {
      ...templateBeforeOf(found, live),
      images: live.images,
    },
    pods: takenDown(found, chosen, warning !== undefined),
  }
}

/** What is known to speak against the revision that is gone back to. */
function brokenWarning(
  found: DeploymentState,
  chosen: Revision,
  pods: readonly PodState[],
): Text | undefined {
  const now = rolloutProblem(found, chosen, pods)
  if (now === undefined && !isKnownBroken(found, chosen)) return undefined
  const { en, ja } = revisionText(chosen)
  const why = now ?? {
    en: 'it was rolled back before because its pods failed',
    ja: '以前、Pod の異常によりロールバックされました',
  }
  return {
    en: `${en} is known to be broken: ${why.en}`,
    ja: `${ja}は正常に動かないことが分かっています: ${why.ja}`,
  }
}

/** The pods of a broken revision replace none: all that are Ready may be lost. */
function takenDown(found: DeploymentState, chosen: Revision, isBroken: boolean): Plan['pods'] {
  const pods = podsTakenDown(found, chosen.ready)
  return isBroken ? { ...pods, ready: pods.ofReady } : pods
}

function patch(kubernetes: Kubernetes, params: Params, plan: Plan, context: StepContext, dryRun: boolean) {
  const before = templateBefore.parse(plan.before)
  const wanted = change.parse(plan.change)
  return patchDeployment(kubernetes, context, {
    name: params.deployment,
    dryRun,
    decide: (now): JsonPatch | undefined => {
      if (isAsPlanned(now, plan)) return undefined
      refuseOtherTemplate(now, before, context)
      const revision = now.revisions.find((r) => r.uid === wanted.replicaSetUid)
      if (revision === undefined || revision.hash !== wanted.template) {
        refuse('precondition-failed', {
          target: now.target,
          reason: {
            en: `ReplicaSet ${wanted.replicaSet} is gone (revisionHistoryLimit ${now.object.spec?.revisionHistoryLimit ?? 10})`,
            ja: `ReplicaSet ${wanted.replicaSet} は残っていません（revisionHistoryLimit ${now.object.spec?.revisionHistoryLimit ?? 10}）`,
          },
        })
      }
      const left = now.revisions.find(({ uid }) => uid === wanted.broken)
      return undoPatch(now, revision, brokenMarks(now, left), context)
    },
  })
}

function isAsPlanned(now: DeploymentState, plan: Plan): boolean {
  return now.uid === templateBefore.parse(plan.before).uid && isDone(now, change.parse(plan.change))
}

/** Of several ReplicaSets with one template the controller takes the oldest, whichever was meant. */
function isDone({ live, revisions }: DeploymentState, wanted: Change): boolean {
  if (live === undefined) return false
  if (live.uid === wanted.replicaSetUid || live.hash === wanted.template) return true
  const meant = revisions.find(({ uid }) => uid === wanted.replicaSetUid)
  return meant !== undefined && isDeepStrictEqual(meant.template, live.template)
}

/** Annotations that stay the Deployment's own in a rollback (k8s.io/kubectl/pkg/polymorphichelpers/rollback.go). */
const keptAnnotations: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
])

function undoPatch(
  now: DeploymentState,
  revision: Revision,
  broken: Readonly<Record<string, string>>,
  context: StepContext,
): JsonPatch {
  const own = Object.entries(now.annotations).filter(([key]) => keptAnnotations.has(key))
  // The controller copies the Deployment's annotations onto each ReplicaSet, our marks of earlier steps included.
  const old = Object.entries(revision.annotations).filter(
    ([key]) => !keptAnnotations.has(key) && !key.startsWith('hikeshi.dev/'),
  )
  return [
    { op: 'replace', path: '/spec/template', value: revision.template },
    {
      op: 'add',
      path: '/metadata/annotations',
      value: Object.fromEntries([...own, ...old, ...Object.entries({ ...broken, ...marks(context) })]),
    },
  ]
}

function doneOf(
  deployment: string,
  wanted: Change,
  already: boolean,
  now: DeploymentState,
  context: StepContext,
): Done {
  const own = !already || isMarked(now, context)
  return {
    says: {
      en: `${deployment} ${own ? 'was rolled back' : 'was already'} to ${wanted.replicaSet}`,
      ja: `${deployment} ${own ? 'を' : 'は既に'} ${wanted.replicaSet} ${own ? 'へロールバックしました' : 'でした'}`,
    },
    already,
    after: { ...afterOf(now), template: wanted.template, replicaSet: wanted.replicaSet },
  }
}

function named({ name, cause, images }: Revision): string {
  return cause ?? (images.length > 0 ? images.join(', ') : name)
}
