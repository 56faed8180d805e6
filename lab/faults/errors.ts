import { podsOf } from '../shodo/rollout.ts'
import { until } from '../waiting.ts'
import { noteFault } from './active.ts'
import type { Fault } from './fault.ts'
import { askHealth } from './health.ts'

export const errors: Fault = {
  name: 'errors',
  description:
    'the backend answers every second request with 500 though its pods are Ready, until all are new',
  async begin(lab) {
    const pods = (await podsOf(lab.cluster(), 'backend')).map((pod) => pod.metadata.uid)
    noteFault(lab.dir, 'errors', { pods })
    await until(async () => (await askHealth(lab))?.code === 500, {
      what: 'the backend to answer 500',
      withinMs: 10_000,
    })
  },
}
