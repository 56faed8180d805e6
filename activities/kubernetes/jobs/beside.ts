/** A Job whose pod stands beside the pod of a StatefulSet: the same image, account and volumes, on the same node, and none of its labels. */
import type {
  V1Affinity,
  V1Container,
  V1Job,
  V1PodSpec,
  V1StatefulSet,
  V1Volume,
} from '@kubernetes/client-node'
import { present } from '../../../domain/present.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { objectName } from '../../../domain/steps/subject.ts'
import { refuse } from '../../refusal.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { getStatefulSet } from '../deployments/stateful-set.ts'
import { readPod } from '../pods/delete-pod.ts'

type Amounts = {
  readonly requests?: Readonly<Record<string, string>> | undefined
  readonly limits?: Readonly<Record<string, string>> | undefined
}

export type Beside = {
  readonly name: string
  readonly statefulSet: string
  /** Of its pod's containers; the first. */
  readonly container?: string | undefined
  readonly resources?: Amounts | undefined
  readonly command: readonly string[]
}

/** Whatever happens, the pod does not stand for ever. */
const mostSeconds = 7 * 86_400
/** What has ended is looked at by people, if at all, soon. */
const keptSeconds = 30
/** A pod that is killed is followed by another one, so often. */
const mostPods = 20

/** The one that we made, whatever a mesh puts beside it. */
export const ownContainer = 'hikeshi'

const mark = { 'app.kubernetes.io/managed-by': 'hikeshi', 'app.kubernetes.io/component': 'restore' } as const
/** By it a policy of the cluster knows which StatefulSet a Job must be like (deploy/kubernetes/worker-policy.yaml). */
const besideLabel = 'hikeshi.dev/stateful-set'

/** Whether a Job claims to be one of these. Which one really is, its record says (recorded.ts). */
export function isMarked({ metadata }: Raw<V1Job>): boolean {
  return Object.entries(mark).every(([key, value]) => metadata?.labels?.[key] === value)
}

/** What would go on when ours has ended, and keep the Job from its end. */
const withoutSidecars = { 'sidecar.istio.io/inject': 'false', 'linkerd.io/inject': 'disabled' }

/** Undefined while the StatefulSet's pod has no node yet: whoever has the volumes first has them. */
export async function jobBeside(
  kubernetes: Kubernetes,
  context: StepContext,
  beside: Beside,
): Promise<V1Job | undefined> {
  const set = await getStatefulSet(kubernetes, context, beside.statefulSet)
  const pod = await readPod(kubernetes, context, podName(set))
  const node = pod?.metadata?.deletionTimestamp ? undefined : pod?.spec?.nodeName
  if (node === undefined && (set.spec?.replicas ?? 1) > 0) return undefined
  return jobOf(set, context, beside, node)
}

/** Its pod shares the volumes, which most kinds of storage give to one node at a time. */
export function jobOf(
  set: Raw<V1StatefulSet>,
  context: Pick<StepContext, 'namespace'>,
  { name, statefulSet, container: wanted, resources = least, command }: Beside,
  node: string | undefined,
): V1Job {
  const pod = set.spec?.template.spec
  const containers = pod?.containers ?? []
  const own = wanted === undefined ? containers[0] : containers.find((each) => each.name === wanted)
  if (own === undefined)
    return refuse('container-not-running', {
      target: objectName('statefulset', context.namespace, statefulSet),
      reason: {
        en: `it has the containers ${containers.map((each) => each.name).join(', ')}`,
        ja: `あるのはコンテナー ${containers.map((each) => each.name).join(', ')} です`,
      },
    })
  const labels = { ...mark, [besideLabel]: statefulSet }
  const spec: Raw<V1PodSpec> = {
    ...present({
      serviceAccountName: pod?.serviceAccountName,
      securityContext: pod?.securityContext,
      imagePullSecrets: pod?.imagePullSecrets,
      tolerations: pod?.tolerations,
      nodeSelector: pod?.nodeSelector,
      affinity: node === undefined ? undefined : onNode(node),
    }),
    automountServiceAccountToken: false,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 2,
    volumes: [...(pod?.volumes ?? []), ...claimsOf(set)],
    containers: [
      {
        ...present({
          image: own.image,
          imagePullPolicy: own.imagePullPolicy,
          env: own.env,
          envFrom: own.envFrom,
          securityContext: own.securityContext,
          volumeMounts: own.volumeMounts,
          volumeDevices: own.volumeDevices,
        }),
        name: ownContainer,
        command: [...command],
        // What it complained of is told by whoever waits for it.
        terminationMessagePolicy: 'FallbackToLogsOnError',
        resources: present(resources),
      } satisfies Raw<V1Container>,
    ],
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: context.namespace, labels },
    spec: {
      backoffLimit: mostPods,
      activeDeadlineSeconds: mostSeconds,
      ttlSecondsAfterFinished: keptSeconds,
      // Two of them at once would be two that start the same work.
      podReplacementPolicy: 'Failed',
      // The template is what the server sent, and goes back to it as it was.
      template: { metadata: { labels, annotations: withoutSidecars }, spec: spec as unknown as V1PodSpec },
    },
  }
}

/** Without any request a namespace with a quota refuses the pod. */
const least: Amounts = { requests: { cpu: '100m', memory: '256Mi' } }

function ordinalOf({ spec }: Raw<V1StatefulSet>): number {
  return spec?.ordinals?.start ?? 0
}

/** Of the database's own pod. */
export function podName(set: Raw<V1StatefulSet>): string {
  return `${set.metadata?.name ?? ''}-${ordinalOf(set)}`
}

function claimsOf(set: Raw<V1StatefulSet>): readonly Raw<V1Volume>[] {
  return (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => ({
    name: metadata?.name ?? '',
    persistentVolumeClaim: { claimName: `${metadata?.name}-${podName(set)}` },
  }))
}

function onNode(node: string): V1Affinity {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }]
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
    },
  }
}
