import { isReady, markPods, podsOf } from '../shodo/rollout.ts'
import { crashLabel, services } from '../shodo/services.ts'
import { until } from '../waiting.ts'
import { noteFault } from './active.ts'
import type { Fault } from './fault.ts'
import { allDown } from './health.ts'

export const dead: Fault = {
  name: 'dead',
  description: 'every pod of every service crashes in a loop; deleted pods come back well',
  async begin(lab) {
    const cluster = lab.cluster()
    noteFault(lab.dir, 'dead')
    // The mark sits on the pods, not on the template: a pod that takes the place of a deleted one is without it.
    await markPods(cluster, (await podsOf(cluster)).filter(isReady), { [crashLabel]: 'true' })
    await until(async () => !(await podsOf(cluster)).some(isReady), {
      what: 'all pods to crash',
      withinMs: 30_000,
    })
    await allDown(
      lab,
      services.map((service) => service.name),
    )
  },
}
