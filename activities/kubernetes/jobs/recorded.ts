/**
 * Which Job is ours. Whoever may create Jobs can give one any name and any label; its UID is the server's own, and stands on the StatefulSet that the
 * Job is beside, which takes another right to write.
 */
import type { StepContext } from '../../../domain/steps/contract.ts'
import { objectName } from '../../../domain/steps/subject.ts'
import { pause } from '../../pulse.ts'
import { isRefusal } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { annotate, fieldManager } from '../deployments/guarded-patch.ts'
import { getStatefulSet } from '../deployments/stateful-set.ts'

/** A Job by its name, and the StatefulSet that it is beside. */
export type OwnJob = { readonly name: string; readonly statefulSet: string }

/** The server's own updates of the status also make a new version. */
const mostTries = 10

const annotationOf = (name: string) => `job.hikeshi.dev/${name}`

/** The UID of the Job that was made last; undefined where none ever was. */
export async function recordedUid(
  kubernetes: Kubernetes,
  context: StepContext,
  { name, statefulSet }: OwnJob,
): Promise<string | undefined> {
  const { metadata } = await getStatefulSet(kubernetes, context, statefulSet)
  return metadata?.annotations?.[annotationOf(name)]
}

/** Records the Job that was just made; nothing where another one was recorded since `before` was read: then that one is ours, and this one is not. */
export async function recordUid(
  kubernetes: Kubernetes,
  context: StepContext,
  { name, statefulSet }: OwnJob,
  { before, uid }: { readonly before: string | undefined; readonly uid: string },
): Promise<void> {
  const { namespace } = context
  for (let attempt = 1; ; attempt++) {
    const { metadata } = await getStatefulSet(kubernetes, context, statefulSet)
    const { annotations, resourceVersion } = metadata ?? {}
    if (annotations?.[annotationOf(name)] !== before) return
    const version = { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion }
    const body = [version, ...annotate('/metadata', annotations, { [annotationOf(name)]: uid })]
    try {
      await kubernetes.call({
        verb: 'patch',
        resource: 'statefulsets',
        target: objectName('statefulset', namespace, statefulSet),
        context,
        ask: ({ apps }, options) =>
          apps.patchNamespacedStatefulSet({ name: statefulSet, namespace, body, fieldManager }, options),
      })
      return
    } catch (error) {
      if (!isRefusal(error, 'target-changed') || attempt === mostTries) throw error
    }
    await pause(50 * attempt)
  }
}
