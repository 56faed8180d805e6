/** The containers whose logs are kept: of the pods of what an incident is about, those that run and those that ran before. */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node'
import { counted } from '../../domain/counted.ts'
import type { About } from '../../domain/evidence/about.ts'
import { present } from '../../domain/present.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import type { Kubernetes, Raw } from '../kubernetes/api/client.ts'
import { listAll, mostListed } from '../kubernetes/api/list.ts'
import { isSelected, podsTarget } from '../kubernetes/objects/namespace.ts'

/** One run of a container: after a restart it is another one. */
export type ContainerRun = {
  readonly pod: string
  readonly container: string
  /** `shodo-backend-5d4f-x2x.1f2e3d4c/backend.20261130T093001Z`: below the folder of logs, the same for good. */
  readonly path: string
  /** Whose pod it is: `deployment/shodo-backend`. */
  readonly workload: string
  /** RFC 3339, to the second. */
  readonly startedAt: string
  readonly state: 'running' | 'ended' | 'previous'
}

/** What is said if `cut`. */
export const podsCut: Text = {
  en: `the namespace has more than ${counted(mostListed, 'pod')}; the logs of those beyond were not read`,
  ja: `名前空間の Pod が ${mostListed} 個を超えているため、それ以降の Pod のログは取得していません`,
}

/** As far as Kubernetes still knows them: of each container the run of now and the one before it. `cut`: there are more pods than were listed. */
export async function containersOf(
  kubernetes: Kubernetes,
  context: StepContext,
  about: About,
): Promise<{ readonly runs: readonly ContainerRun[]; readonly cut: boolean }> {
  const { namespace } = context
  const { items, cut } = await listAll(
    kubernetes,
    { resource: 'pods', target: podsTarget(namespace), context },
    ({ core }, page, options) => core.listNamespacedPod({ namespace, ...page }, options),
    (pod) => (isAbout(pod, about) ? runsOf(pod) : []),
  )
  return { runs: items.flat(), cut }
}

/** Whether a pod belongs to what an incident is about. */
export function isAbout(pod: Raw<V1Pod>, { workloads, selectors }: About): boolean {
  const labels = pod.metadata?.labels ?? {}
  return selectors.some((selector) => isSelected({ labels }, selector)) || workloads.includes(workloadOf(pod))
}

/** `deployment/shodo-backend`; a pod of nobody has the name of none. */
function workloadOf({ metadata }: Raw<V1Pod>): string {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller)
  const hash = metadata?.labels?.['pod-template-hash']
  // A ReplicaSet of a Deployment is called after it and its template.
  return owner?.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)
    ? `deployment/${owner.name.slice(0, -hash.length - 1)}`
    : `${owner?.kind.toLowerCase()}/${owner?.name}`
}

function runsOf(listed: Raw<V1Pod>): readonly ContainerRun[] {
  const { metadata, status } = listed
  const workload = workloadOf(listed)
  const { name: pod = '', uid = '' } = metadata ?? {}
  // What a folder may be called is shorter than what a pod may be.
  const folder = `${pod.slice(0, 200)}.${uid.slice(0, 8)}`
  const statuses = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ]
  return statuses.flatMap(({ name: container, state, lastState, containerID }: Raw<V1ContainerStatus>) => {
    const run = (
      state: ContainerRun['state'],
      startedAt: string | undefined,
      id: string | undefined,
    ): readonly ContainerRun[] =>
      startedAt === undefined
        ? []
        : [
            {
              pod,
              container,
              path: `${folder}/${runName(container, startedAt, id)}`,
              workload,
              startedAt,
              state,
            },
          ]
    const { terminated: before } = lastState ?? {}
    return [
      ...run('previous', before?.startedAt, before?.containerID),
      ...run('ended', state?.terminated?.startedAt, state?.terminated?.containerID ?? containerID),
      ...run('running', state?.running?.startedAt, containerID),
    ]
  })
}

/** By its start, and by its id where that is known: two can start in one second. */
function runName(container: string, startedAt: string, id: string | undefined): string {
  const [, short] = /([0-9a-f]{8})[0-9a-f]*$/.exec(id ?? '') ?? []
  return [
    container.slice(0, 120),
    startedAt.replace(/[-:]|\.\d+/g, ''),
    ...Object.values(present({ short })),
  ].join('.')
}
