/** A Job as an object: read, made, and deleted with its pods. Whose it is, and which pods are its own, pod-of-job.ts and recorded.ts tell. */
import type { V1Job, V1Pod } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { namespaceName, objectName } from '../../../domain/steps/subject.ts'
import type { Words } from '../../../domain/words.ts'
import { pause, pulse } from '../../pulse.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { listAll } from '../api/list.ts'
import { isMarked } from './beside.ts'

const lookEveryMs = 250
/** On a node that is lost a pod never ends by itself. */
const goneWithinMs = 120_000
const resource = 'jobs'

/** `job/shodo/hikeshi-backups` */
export const nameOf = (context: StepContext, name: string) => objectName('job', context.namespace, name)

/** Undefined where there is none. */
export async function readJob(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
): Promise<Raw<V1Job> | undefined> {
  const { namespace } = context
  try {
    return await kubernetes.call({
      verb: 'get',
      resource,
      target: nameOf(context, name),
      context,
      ask: ({ batch }, options) => batch.readNamespacedJob({ name, namespace }, options),
    })
  } catch (error) {
    if (isRefusal(error, 'target-not-found')) return undefined
    throw error
  }
}

/** Deletes this very Job and returns when its pods are gone as well; nothing where there is none of ours. Refuses `no-answer`, with pod and node, after so long. */
export async function removeJob(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  withinMs = goneWithinMs,
): Promise<void> {
  const end = performance.now() + withinMs
  for (let uid = ''; ; ) {
    const found = await readJob(kubernetes, context, name)
    if (found === undefined || !isMarked(found)) return
    const now = found.metadata?.uid ?? ''
    if (uid !== '' && now !== uid) return
    if (uid === '' && !found.metadata?.deletionTimestamp) await remove(kubernetes, context, name, now)
    uid = now
    pulse().beat({ at: 'job' })
    if (performance.now() > end)
      refuse('no-answer', { seconds: withinMs / 1_000, where: await whereIs(kubernetes, context, name, uid) })
    await pause(lookEveryMs)
  }
}

/** A Job that does not go, by the pods that hold it. */
async function whereIs(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  uid: string,
): Promise<Words> {
  const pods = (await podsOf(kubernetes, context, uid)).map(({ metadata, spec }) => {
    const { name: pod = '' } = metadata ?? {}
    const on = spec?.nodeName ?? '-'
    return {
      en: `pod ${pod} on node ${on}`,
      ja: `ノード ${on} の Pod ${pod}`,
    }
  })
  const job = nameOf(context, name)
  return {
    en: `${[job, ...pods.map(({ en }) => en)].join(', ')}, being deleted`,
    ja: `削除中の ${[job, ...pods.map(({ ja }) => ja)].join('、')}`,
  }
}

/** Deletes the Job of this UID; it stays until its pods are gone. */
export async function remove(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  uid: string,
): Promise<void> {
  const { namespace } = context
  try {
    await kubernetes.call({
      verb: 'delete',
      resource,
      target: nameOf(context, name),
      context,
      ask: ({ batch }, options) =>
        batch.deleteNamespacedJob(
          { name, namespace, body: { propagationPolicy: 'Foreground', preconditions: { uid } } },
          options,
        ),
    })
  } catch (error) {
    if (!isRefusal(error, 'target-not-found') && !isRefusal(error, 'target-changed')) throw error
  }
}

/** Undefined where another worker was faster. */
export async function create(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  body: V1Job,
): Promise<Raw<V1Job> | undefined> {
  const { namespace } = context
  try {
    return await kubernetes.call({
      verb: 'create',
      resource,
      target: nameOf(context, name),
      context,
      ask: ({ batch }, options) => batch.createNamespacedJob({ namespace, body }, options),
    })
  } catch (error) {
    if (isRefusal(error, 'target-changed')) return undefined
    throw error
  }
}

/** It has ended, either way. */
export function isOver({ status }: Raw<V1Job>): boolean {
  return (
    status?.conditions?.some(
      ({ type, status: is }) => is === 'True' && (type === 'Complete' || type === 'Failed'),
    ) === true
  )
}

/** By the label for the server's sake, which anybody can set; what counts is who the server says controls it. */
export async function podsOf(
  kubernetes: Kubernetes,
  context: StepContext,
  uid: string,
): Promise<readonly Raw<V1Pod>[]> {
  const { namespace } = context
  const labelSelector = `batch.kubernetes.io/controller-uid=${uid}`
  const { items } = await listAll<V1Pod, Raw<V1Pod>>(
    kubernetes,
    { resource: 'pods', target: namespaceName(namespace), context },
    ({ core }, page, options) => core.listNamespacedPod({ namespace, labelSelector, ...page }, options),
    (pod) => pod,
  )
  return items.filter(({ metadata }) =>
    metadata?.ownerReferences?.some(
      (owner) => owner.controller === true && owner.kind === 'Job' && owner.uid === uid,
    ),
  )
}
