import { quantity } from '../../domain/quantity.ts'
import type { ClusterApi } from '../cluster/api.ts'
import { setNodeRoom } from '../cluster-setup.ts'
import { type Pod, podsOf } from '../shodo/rollout.ts'
import { shodoNamespace } from '../shodo/services.ts'
import { until } from '../waiting.ts'
import { noteFault } from './active.ts'
import type { Fault } from './fault.ts'

/** Too little for a pod of the backend as it is, enough for three that ask for a quarter of it. */
const left = 1.75 * 2 ** 30

export const pending: Fault = {
  name: 'pending',
  description: 'the nodes are full: a pod of the backend is gone and its replacement stays Pending',
  async begin(lab) {
    const cluster = lab.cluster()
    noteFault(lab.dir, 'pending')
    const [lost] = await podsOf(cluster, 'backend')
    if (lost?.spec.nodeName === undefined) throw new Error('there is no backend pod')
    const used = await usedOnNodes(cluster)
    const freed = (used[lost.spec.nodeName] ?? 0) - requestOf(lost)
    await setNodeRoom(cluster, { ...used, [lost.spec.nodeName]: freed + left })
    await cluster.delete(`/api/v1/namespaces/${shodoNamespace}/pods/${lost.metadata.name}`)
    await until(
      async () => {
        const pods = await podsOf(cluster, 'backend')
        return pods.some(({ status }) =>
          status.conditions?.some(
            ({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable',
          ),
        )
      },
      { what: 'a backend pod that no node takes', withinMs: 30_000 },
    )
  },
}

async function usedOnNodes(cluster: ClusterApi): Promise<Record<string, number>> {
  const { items } = await cluster.get<{ items: Pod[] }>('/api/v1/pods')
  const used: Record<string, number> = {}
  for (const pod of items) {
    const { nodeName } = pod.spec
    if (nodeName !== undefined) used[nodeName] = (used[nodeName] ?? 0) + requestOf(pod)
  }
  return used
}

function requestOf({ spec }: Pod): number {
  return spec.containers.reduce(
    (sum, { resources }) => sum + (quantity(resources?.requests?.memory ?? '0') ?? 0),
    0,
  )
}
