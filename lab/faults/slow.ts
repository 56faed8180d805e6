import { until } from '../waiting.ts'
import { noteFault } from './active.ts'
import type { Fault } from './fault.ts'
import { askHealth } from './health.ts'

/** As in the runbook: the scale-out to 8 replicas is what helps. */
const untilReady = 8

export const slow: Fault = {
  name: 'slow',
  description: `the backend takes 1.5 s for each answer while fewer than ${untilReady} of its pods are Ready`,
  async begin(lab) {
    noteFault(lab.dir, 'slow', { untilReady })
    await until(async () => ((await askHealth(lab))?.tookMs ?? 0) > 1_000, {
      what: 'the backend to be slow',
      withinMs: 10_000,
    })
  },
}
