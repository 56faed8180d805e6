import type { DatabaseSet } from '../../databases/site.ts'
import type { Lab } from '../../lab.ts'
import { isReady, type Pod } from '../../shodo/rollout.ts'
import { shodoNamespace } from '../../shodo/services.ts'
import { until } from '../../waiting.ts'
import { noteFault } from '../active.ts'
import type { Fault, FaultName } from '../fault.ts'
import { allDown } from '../health.ts'
import { needs } from './needs.ts'

export const postgresDown: Fault = {
  name: 'pg-down',
  description: 'the PostgreSQL primary crashes at every start until its pod is replaced',
  async begin(lab) {
    needs(lab, 'postgres')
    await holdDown(lab, 'pg-down', 'postgres-primary')
    await allDown(lab, ['backend'])
  },
}

export const redisDown: Fault = {
  name: 'redis-down',
  description: 'Redis crashes at every start until its pod is replaced',
  async begin(lab) {
    needs(lab, 'redis')
    await holdDown(lab, 'redis-down', 'redis-master')
  },
}

/** The node agent keeps the process of this very pod down as long as the fault is noted. */
export async function holdDown(lab: Lab, fault: FaultName, set: DatabaseSet): Promise<void> {
  const pod = await podOf(lab, set)
  noteFault(lab.dir, fault, { hold: pod.metadata.uid })
  await until(async () => !isReady(await podOf(lab, set)), { what: `${set}-0 to be down`, withinMs: 15_000 })
}

export async function podOf(lab: Lab, set: DatabaseSet): Promise<Pod> {
  return lab.cluster().get(`/api/v1/namespaces/${shodoNamespace}/pods/${set}-0`)
}
