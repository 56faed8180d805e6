/** The containers whose logs are kept: of the pods of what an incident is about, those that run and those that ran before. */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node'
import type { About } from '../../domain/evidence/about.ts'
import { present } from '../../domain/present.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import type { Kubernetes, Raw } from '../kubernetes/api/client.ts'
import { listAll } from '../kubernetes/api/list.ts'
import { isSelected, podsTarget } from '../kubernetes/objects/namespace.ts'

/** One run of a container: after a restart it is another one. */
export type ContainerRun = {
  readonly pod: string
  readonly container: string
  /** `shodo-backend-5d4f-x2x.1f2e3d4c/backend.20261130T093001Z`: below the folder of logs, the same for good. */
  readonly path: string
  /** RFC 3339, to the second. */
  readonly startedAt: string
  readonly state: 'running' | 'ended' | 'previous'
}

/** As far as Kubernetes still knows them: of each container the run of now and the one before it. */
export async function containersOf(
  kubernetes: Kubernetes,
  context: StepContext,
  about: About,
): Promise<readonly ContainerRun[]> {
  const { namespace } = context
  const { items } = await listAll(
    kubernetes,
    { resource: 'pods', target: podsTarget(namespace), context },
    ({ core }, page, options) => core.listNamespacedPod({ namespace, ...page }, options),
    (pod) => (isAbout(pod, about) ? runsOf(pod) : []),
  )
  return items.flat()
}

/** Whether a pod belongs to what an incident is about. */
export function isAbout({ metadata }: Raw<V1Pod>, { workloads, selectors }: About): boolean {
  const labels = metadata?.labels ?? {}
  if (selectors.some((selector) => isSelected({ labels }, selector))) return true
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller)
  const hash = labels['pod-template-hash']
  // A ReplicaSet of a Deployment is called after it and its template.
  const name =
    owner?.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)
      ? `deployment/${owner.name.slice(0, -hash.length - 1)}`
      : `${owner?.kind.toLowerCase()}/${owner?.name}`
  return workloads.includes(name)
}

function runsOf({ metadata, status }: Raw<V1Pod>): readonly ContainerRun[] {
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
        : [{ pod, container, path: `${folder}/${runName(container, startedAt, id)}`, startedAt, state }]
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
