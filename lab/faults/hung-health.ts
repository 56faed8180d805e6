import { until } from '../waiting.ts'
import { noteFault } from './active.ts'
import type { Fault } from './fault.ts'
import { askHealth } from './health.ts'

export const hungHealth: Fault = {
  name: 'hung-health',
  description: 'the application accepts connections and never answers',
  async begin(lab) {
    noteFault(lab.dir, 'hung-health')
    await until(async () => (await askHealth(lab, 'backend', 1_000)) === undefined, {
      what: 'the application to hang',
      withinMs: 10_000,
    })
  },
}
