/** The one way by which hands change a Deployment: read, compare with the plan, patch exactly that version, else read again. */
import type { StepContext } from '../../../domain/steps/contract.ts'
import type { Json } from '../../../domain/words.ts'
import { refuseChanged } from '../../changed.ts'
import { pause } from '../../pulse.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { type DeploymentState, newest, readDeployment } from '../objects/deployment.ts'

export type JsonPatch = readonly {
  readonly op: 'add' | 'replace' | 'remove' | 'test'
  readonly path: string
  readonly value?: unknown
}[]

/** Written on the Deployment itself and never into its pod template: a template with it would be a new revision. */
export const stepRunAnnotation = 'hikeshi.dev/step-run'
/** The timeline's head at the change, kept outside of Temporal: one of the receipts that `replay` checks. */
export const headAnnotation = 'hikeshi.dev/head'

/** Whose changes they are in the server's own record (managedFields). */
export const fieldManager = 'hikeshi'

/** The controller's status updates also make a new version, so one try can lose; each further try judges again. */
const mostTries = 6

type Change = {
  readonly name: string
  /** The patch for the Deployment as it is now; undefined when it is already as wanted. Refuses when it is not as planned. */
  readonly decide: (now: DeploymentState) => JsonPatch | undefined
  readonly dryRun?: boolean
}

export type Patched = { readonly already: boolean; readonly now: DeploymentState }

export async function patchDeployment(
  kubernetes: Kubernetes,
  context: StepContext,
  { name, decide, dryRun = false }: Change,
): Promise<Patched> {
  for (let attempt = 1; ; attempt++) {
    const now = await newest(kubernetes, context, await readDeployment(kubernetes, context, name))
    const patch = decide(now)
    if (patch === undefined) return { already: true, now }
    try {
      await send(kubernetes, context, now, patch, dryRun)
      return { already: false, now }
    } catch (error) {
      if (!isRefusal(error, 'target-changed')) throw error
      if (attempt === mostTries) {
        refuse('kubernetes-refused', {
          action: 'patch',
          target: now.target,
          reason: {
            en: `others changed it ${mostTries} times in a row`,
            ja: `${mostTries} 回続けて他から変更されました`,
          },
        })
      }
    }
    await pause(50 * attempt)
  }
}

/** Whether a Deployment as it is now is one of those. */
export async function isNow(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  is: (now: DeploymentState) => boolean,
): Promise<boolean> {
  return is(await newest(kubernetes, context, await readDeployment(kubernetes, context, name)))
}

async function send(
  kubernetes: Kubernetes,
  context: StepContext,
  { name, target, object }: DeploymentState,
  patch: JsonPatch,
  dryRun: boolean,
): Promise<void> {
  const { namespace } = context
  const version = { op: 'test', path: '/metadata/resourceVersion', value: object.metadata?.resourceVersion }
  await kubernetes.call({
    verb: 'patch',
    resource: 'deployments',
    target,
    context,
    // The client sends a body that is a list as application/json-patch+json.
    ask: ({ apps }, options) =>
      apps.patchNamespacedDeployment(
        {
          name,
          namespace,
          body: [version, ...patch],
          fieldManager,
          ...(dryRun ? { dryRun: 'All' } : {}),
        },
        options,
      ),
  })
}

/** What each plan keeps of a Deployment so that `run` knows it again, and its own work on it. */
export type Identity = { readonly uid: string; readonly stepRun: string | null }

export function identityOf({ uid, annotations }: DeploymentState): Identity {
  return { uid, stepRun: annotations[stepRunAnnotation] ?? null }
}

/**
 * Refuses when the Deployment is another one, or when this step run had made its change (a killed worker does not report it)
 * and somebody changed the result since: doing it again would go against a decision that came later.
 */
export function refuseRepeat(now: DeploymentState, before: Identity, context: StepContext): void {
  if (now.uid !== before.uid)
    refuseChanged(
      now.target,
      { en: 'it was deleted and recreated', ja: '削除され、作り直されています' },
      context,
    )
  // Where the mark was there already when the step was planned, it says nothing.
  if (isMarked(now, context) && before.stepRun !== context.stepRun) {
    refuseChanged(
      now.target,
      {
        en: 'this step was done, but its result has been changed since',
        ja: 'この手順は実施済みで、その後に変更されています',
      },
      context,
    )
  }
}

/** True when the last change by hikeshi was this step run's. */
export function isMarked(now: DeploymentState, { stepRun }: StepContext): boolean {
  return now.annotations[stepRunAnnotation] === stepRun
}

export function marks({ stepRun, head }: StepContext): Readonly<Record<string, string>> {
  return { [stepRunAnnotation]: stepRun, [headAnnotation]: `${head.seq}:${head.hash}` }
}

/** Sets the marks and nothing else among the annotations. */
export function markPatch({ object }: DeploymentState, context: StepContext): JsonPatch {
  return annotate('/metadata', object.metadata?.annotations, marks(context))
}

/** Adds annotations below `path`, also where there are none yet. */
export function annotate(
  path: string,
  existing: Readonly<Record<string, string>> | undefined,
  added: Readonly<Record<string, string>>,
): JsonPatch {
  if (existing === undefined) return [{ op: 'add', path: `${path}/annotations`, value: added }]
  return Object.entries(added).map(([key, value]) => ({
    op: 'add',
    path: `${path}/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    value,
  }))
}

/** What a change leaves behind, for the timeline. */
export function afterOf({ live, wanted, annotations }: DeploymentState): { readonly [key: string]: Json } {
  return {
    replicas: wanted,
    template: live?.hash ?? null,
    revision: Number(annotations['deployment.kubernetes.io/revision'] ?? 0),
  }
}
