/** Our own figures beside those of Temporal's SDK, on the one address that HIKESHI_METRICS names. */
import { Runtime } from '@temporalio/worker'
import type { Stuck } from '../wire/stuck.ts'

const workflowTypes = ['desk', 'incident', 'look']

export type StuckMetrics = { readonly seen: (stuck: readonly Stuck[]) => void }

export function stuckMetrics(): StuckMetrics {
  const { metricMeter } = Runtime.instance()
  const stuckNow = metricMeter.createGauge(
    'hikeshi_stuck_workflows',
    'int',
    undefined,
    'Workflows whose task fails again and again',
  )
  const lookedAt = metricMeter.createGauge(
    'hikeshi_stuck_workflows_looked_at_seconds',
    'int',
    undefined,
    'When this worker last looked for stuck workflows, Unix time',
  )
  return {
    seen(stuck) {
      for (const type of workflowTypes)
        stuckNow.set(stuck.filter((one) => one.type === type).length, { workflow_type: type })
      lookedAt.set(Math.floor(Date.now() / 1_000))
    },
  }
}
