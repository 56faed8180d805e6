/**
 * A look without an incident: short-lived, and on Temporal only since a cluster's workers are reached no other way. What is read is the
 * published runbook's to say, never its caller's: a look needs no approval, so it must not be a way to run just any step.
 */
import { workflowInfo } from '@temporalio/workflow'
import { lookGroups } from '../domain/diagnosis/looks.ts'
import { genesis } from '../domain/timeline/chain.ts'
import type { Looked, LookInput } from '../wire/messages.ts'
import { keptReports } from './calls/drill.ts'
import { readParts } from './calls/parts.ts'
import { publishedRunbook, workersTrust } from './calls/runbook.ts'

export async function look({ desk, looking }: LookInput): Promise<Looked> {
  const { workflowId, startTime } = workflowInfo()
  const { runbook, lab } = await publishedRunbook(desk)
  const moment = {
    nowMs: startTime.getTime(),
    state: { id: workflowId, lab, runbook },
    head: genesis,
    answered: () => {},
  }
  const drills = looking.at === 'drills' ? { drills: await keptReports(runbook, moment) } : {}
  const trust = looking.at === 'trust' ? { trust: await workersTrust(runbook.book.cluster) } : {}
  const read = await Promise.all(
    lookGroups(runbook, looking).map(({ key, sharesMs = 0, ...group }) =>
      readParts(key, { ...group, sharesMs }, moment),
    ),
  )
  return {
    tookMs: Math.max(0, ...read.map(({ tookMs }) => tookMs)),
    parts: Object.assign({}, ...read.map(({ parts }) => parts)),
    ...trust,
    ...drills,
  }
}
