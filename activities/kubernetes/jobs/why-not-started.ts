/** Why a pod does not start, as the scheduler and the kubelet last said it: its own status tells no more than that it waits. */
import type { CoreV1Event, V1Pod } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import type { Text, Words } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { carriedBy } from '../../../wire/carried.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { listAll } from '../api/list.ts'
import { getStatefulSet } from '../deployments/stateful-set.ts'
import { lastMsOf } from '../objects/events.ts'
import { readPod } from '../pods/delete-pod.ts'
import { podName } from './beside.ts'

/** Of all a volume has, a node that still holds it is what keeps a pod waiting in silence. */
const aboutVolumes: ReadonlySet<string> = new Set(['FailedAttachVolume', 'FailedMount', 'FailedMapVolume'])

/** The newest warning about this very pod; undefined where there is none, or the worker may not read events. */
export async function whyNotStarted(
  kubernetes: Kubernetes,
  context: StepContext,
  { metadata }: Raw<V1Pod>,
): Promise<Words | undefined> {
  const { namespace } = context
  const fieldSelector = `involvedObject.uid=${metadata?.uid ?? ''},type=Warning`
  try {
    const { items } = await listAll<CoreV1Event, Raw<CoreV1Event>>(
      kubernetes,
      { resource: 'events', target: `events/${namespace}`, context },
      ({ core }, page, options) => core.listNamespacedEvent({ namespace, fieldSelector, ...page }, options),
      (event) => event,
    )
    const newest = items.toSorted((a, b) => lastMsOf(a) - lastMsOf(b)).at(-1)
    return newest && said(newest)
  } catch (error) {
    // What is said for want of it is true as well.
    if (carriedBy(error) === undefined) throw error
    return undefined
  }
}

/** The same of the pod of a StatefulSet; undefined where it runs, or nothing is said of it. */
export async function whyDown(
  kubernetes: Kubernetes,
  context: StepContext,
  statefulSet: string,
): Promise<Words | undefined> {
  const set = await getStatefulSet(kubernetes, context, statefulSet)
  const pod = await readPod(kubernetes, context, podName(set))
  if (pod === undefined || pod.status?.phase === 'Running') return undefined
  return whyNotStarted(kubernetes, context, pod)
}

function said({ reason = '', message = '' }: Raw<CoreV1Event>): Words {
  const told = plainLine(`${reason} ${message}`.trim(), 300)
  return aboutVolumes.has(reason) ? volumeHeld(told) : told
}

function volumeHeld(told: string): Text {
  return {
    en: `its volume cannot be attached, so another node may still have it (${told})`,
    ja: `ボリュームを接続できません。別のノードが使用中の可能性があります（${told}）`,
  }
}
