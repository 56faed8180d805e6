/** A look without an incident: short-lived, and on Temporal only since a cluster's workers are reached no other way. */
import { workflowInfo } from '@temporalio/workflow'
import { genesis } from '../domain/timeline/chain.ts'
import type { Looked, LookInput } from './messages.ts'
import { readParts } from './perform.ts'

export async function look({ cluster, namespace, groups }: LookInput): Promise<Looked> {
  const { workflowId, startTime } = workflowInfo()
  const moment = {
    nowMs: startTime.getTime(),
    state: { id: workflowId, runbook: { book: { cluster, namespace } } },
    head: genesis,
    answered: () => {},
  }
  const read = await Promise.all(
    groups.map(({ key, parts, withinMs }) => readParts(key, { parts, withinMs, sharesMs: 0 }, moment)),
  )
  return {
    tookMs: Math.max(0, ...read.map(({ tookMs }) => tookMs)),
    parts: Object.assign({}, ...read.map(({ parts }) => parts)),
  }
}
