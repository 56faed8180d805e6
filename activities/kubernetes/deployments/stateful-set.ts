/** A StatefulSet whose server is stopped for a while and started again. */
import type { V1StatefulSet } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { objectName } from '../../../domain/steps/subject.ts'
import { refuse } from '../../refusal.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { fieldManager } from './guarded-patch.ts'

export type StatefulSetState = {
  readonly uid: string
  readonly wanted: number
  /** Pods that there are, also those on their way. */
  readonly pods: number
}

export async function readStatefulSet(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
): Promise<StatefulSetState> {
  const { metadata, spec, status } = await getStatefulSet(kubernetes, context, name)
  return { uid: metadata?.uid ?? '', wanted: spec?.replicas ?? 1, pods: status?.replicas ?? 0 }
}

export function getStatefulSet(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
): Promise<Raw<V1StatefulSet>> {
  const { namespace } = context
  return kubernetes.call({
    verb: 'get',
    resource: 'statefulsets',
    target: objectName('statefulset', namespace, name),
    context,
    ask: ({ apps }, options) => apps.readNamespacedStatefulSet({ name, namespace }, options),
  })
}

/** Sets the number of pods of this very StatefulSet; refuses (`target-changed`) where it is another one by now. */
export async function scaleStatefulSet(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  {
    uid,
    replicas,
    dryRun = false,
  }: { readonly uid: string; readonly replicas: number; readonly dryRun?: boolean },
): Promise<void> {
  const { namespace } = context
  if (uid === '') refuse('target-not-found', { target: objectName('statefulset', namespace, name) })
  await kubernetes.call({
    verb: 'patch',
    resource: 'statefulsets',
    target: objectName('statefulset', namespace, name),
    context,
    ask: ({ apps }, options) =>
      apps.patchNamespacedStatefulSet(
        {
          name,
          namespace,
          body: [
            { op: 'test', path: '/metadata/uid', value: uid },
            { op: 'replace', path: '/spec/replicas', value: replicas },
          ],
          fieldManager,
          ...(dryRun ? { dryRun: 'All' } : {}),
        },
        options,
      ),
  })
}
