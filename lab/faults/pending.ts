import { setNodeRoom } from '../cluster/setup.ts'
import { podsOf } from '../shodo/rollout.ts'
import { shodoNamespace } from '../shodo/services.ts'
import { until } from '../waiting.ts'
import { noteFault } from './active.ts'
import type { Fault } from './fault.ts'

export const pending: Fault = {
  name: 'pending',
  description: 'no node has room for new pods: one of the backend is gone and its replacement stays Pending',
  async begin(lab) {
    const cluster = lab.cluster()
    noteFault(lab.dir, 'pending')
    await setNodeRoom(cluster, '1Gi')
    const [lost] = await podsOf(cluster, 'backend')
    if (!lost) throw new Error('there is no backend pod')
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
