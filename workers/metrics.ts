/** Our own figures beside those of Temporal's SDK, on the one address that HIKESHI_METRICS names. */
import { Runtime } from '@temporalio/worker'
import { explain, type Failure } from '../domain/failures.ts'
import type { Seen } from '../wire/server/stuck.ts'
import { logLine } from './logs.ts'

const workflowTypes = ['desk', 'incident']

/** Tells, at every attempt that fails, that evidence cannot be written: a line in the log and a count. */
export function evidenceTrouble(): (incident: string, why: Failure) => void {
  const unwritten = Runtime.instance().metricMeter.createCounter(
    'hikeshi_evidence_unwritable',
    undefined,
    'Attempts to write evidence that the disk of the archive refused or did not answer',
  )
  return (incident, why) => {
    unwritten.add(1)
    logLine('ERROR', `${why.code} ${incident}: ${explain(why, 'en').what}`)
  }
}

export type StuckMetrics = { readonly seen: (seen: Seen) => void }

export function stuckMetrics(): StuckMetrics {
  const { metricMeter } = Runtime.instance()
  const stuckNow = metricMeter.createGauge(
    'hikeshi_stuck_workflows',
    'int',
    undefined,
    'Workflows whose task keeps failing',
  )
  const unreadNow = metricMeter.createGauge(
    'hikeshi_stuck_workflows_unread',
    'int',
    undefined,
    'Workflows, and lists of them, that could not be read and may be stuck',
  )
  const lookedAt = metricMeter.createGauge(
    'hikeshi_stuck_workflows_looked_at_seconds',
    'int',
    undefined,
    'When this worker last checked for stuck workflows and could read all of them, Unix time',
  )
  return {
    seen({ stuck, unread }) {
      for (const type of workflowTypes)
        stuckNow.set(stuck.filter((one) => one.type === type).length, { workflow_type: type })
      unreadNow.set(unread.length)
      if (unread.length === 0) lookedAt.set(Math.floor(Date.now() / 1_000))
    },
  }
}
