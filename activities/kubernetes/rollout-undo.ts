/** Rolls back as `kubectl rollout undo` does, but to one ReplicaSet named by UID and template hash, so that a repeat cannot go a step further back. */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { ChangeHand, Done, Plan, StepContext } from '../../domain/steps/contract.ts'
import { refuse } from '../refusal.ts'
import type { Kubernetes } from './client.ts'
import { type DeploymentState, type Revision, readDeployment } from './deployment.ts'
import { afterOf, isMarked, type JsonPatch, marks, patchDeployment } from './guarded-patch.ts'
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
import { chooseRevision, type WantedRevision } from './wanted-revision.ts'

type Params = { readonly deployment: string } & WantedRevision

const change = z.object({
  replicaSet: z.string(),
  replicaSetUid: z.string(),
  template: z.string(),
  revision: z.number(),
})
type Change = z.infer<typeof change>

export function rolloutUndoHand(kubernetes: Kubernetes): ChangeHand<Params> {
  return {
    plan: async (params, context) => {
      const found = await readDeployment(kubernetes, context, params.deployment)
      refusePaused(found)
      const plan = planOf(found, liveRevision(found), chooseRevision(found, params))
      if (!plan.nothingToDo) await patch(kubernetes, params, plan, context, true)
      return plan
    },
    run: async (params, plan, context) => {
      const { already, now } = await patch(kubernetes, params, plan, context, false)
      return doneOf(params.deployment, change.parse(plan.change), already, now, context)
    },
    verify: (params, plan, _done, context) => {
      const wanted = change.parse(plan.change)
      return awaitRollout(kubernetes, context, params.deployment, (now) =>
        isDone(now, wanted) ? undefined : `another template is live (${now.live?.name ?? 'unknown'})`,
      )
    },
  }
}

function planOf(found: DeploymentState, live: Revision, chosen: Revision): Plan {
  const manager = managedBy(found)
  const says = {
    en: `Roll ${found.name} back from revision ${live.number} (${named(live)}) to revision ${chosen.number} (${named(chosen)})`,
    ja: `${found.name} をリビジョン ${live.number}（${named(live)}）から ${chosen.number}（${named(chosen)}）へロールバック`,
  }
  const warning = {
    en: manager === '' ? '' : `; ${manager} manages it and may put the newer one back`,
    ja: manager === '' ? '' : `（${manager} が管理しており、新しい方に戻される可能性があります）`,
  }
  return {
    target: found.target,
    says: { en: says.en + warning.en, ja: says.ja + warning.ja },
    // kubectl skips it too when another ReplicaSet has the very template that is live.
    nothingToDo: isDeepStrictEqual(chosen.template, found.object.spec?.template),
    change: {
      replicaSet: chosen.name,
      replicaSetUid: chosen.uid,
      template: chosen.hash,
      revision: chosen.number,
    } satisfies Change,
    before: {
      ...templateBeforeOf(found, live),
      images: live.images,
    },
    pods: podsTakenDown(found, chosen.ready),
  }
}

function patch(kubernetes: Kubernetes, params: Params, plan: Plan, context: StepContext, dryRun: boolean) {
  const before = templateBefore.parse(plan.before)
  const wanted = change.parse(plan.change)
  return patchDeployment(kubernetes, context, {
    name: params.deployment,
    dryRun,
    decide: (now): JsonPatch | undefined => {
      if (now.uid === before.uid && isDone(now, wanted)) return undefined
      refuseOtherTemplate(now, before, context)
      const revision = now.revisions.find((r) => r.uid === wanted.replicaSetUid)
      if (revision === undefined || revision.hash !== wanted.template) {
        refuse('precondition-failed', {
          target: now.target,
          reason: `ReplicaSet ${wanted.replicaSet} is gone (revisionHistoryLimit ${now.object.spec?.revisionHistoryLimit ?? 10})`,
        })
      }
      return undoPatch(now, revision, context)
    },
  })
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

function undoPatch(now: DeploymentState, revision: Revision, context: StepContext): JsonPatch {
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
      value: Object.fromEntries([...own, ...old, ...Object.entries(marks(context))]),
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
