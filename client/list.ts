import type { WorkflowExecutionInfo } from '@temporalio/client'
import { phases } from '../domain/words.ts'
import { lookAt } from '../wire/stuck.ts'
import { isReportedStuck, searchAttribute, visible } from './attributes.ts'
import type { Temporal } from './connect.ts'
import { refused } from './refused.ts'

export type Listed = {
  readonly incident: string
  readonly runbook?: string | undefined
  readonly service?: string | undefined
  readonly symptom?: string | undefined
  readonly severity?: string | undefined
  readonly phase?: string | undefined
  readonly startedAt: string
  /** Its task fails again and again: it pages nobody and takes no command. */
  readonly stuck?: true
}

export type ListFilter = {
  /** Those that are over too. */
  readonly all?: boolean
  readonly service?: string | undefined
  readonly phase?: string | undefined
}

/** Incidents from visibility, newest number first; no worker is needed, and a change shows after some milliseconds. */
export async function listIncidents(temporal: Temporal, filter: ListFilter = {}): Promise<readonly Listed[]> {
  const { all = false, service, phase } = filter
  const over = phase === 'closed' || phase === 'cancelled' || phase === 'merged'
  if (phase !== undefined && !(phases as readonly string[]).includes(phase))
    throw refused('bad-input', { where: '--phase', problem: `expected one of ${phases.join(', ')}` })
  if (service !== undefined && !/^[a-z0-9][a-z0-9-]{0,39}$/.test(service)) return []
  const query = [
    `WorkflowType = 'incident'`,
    // A run that continued as new is the same incident again.
    all || over ? `ExecutionStatus != 'ContinuedAsNew'` : `ExecutionStatus = 'Running'`,
    ...(service === undefined ? [] : [`HikeshiService = '${service}'`]),
    ...(phase === undefined ? [] : [`HikeshiPhase = '${phase}'`]),
  ].join(' AND ')
  const executions = await visible(temporal, query)
  const stuck = await stuckOf(temporal, executions)
  const found = executions.map((execution): Listed & { number: number } => ({
    incident: execution.workflowId,
    runbook: searchAttribute(execution, 'HikeshiRunbook'),
    service: searchAttribute(execution, 'HikeshiService'),
    symptom: searchAttribute(execution, 'HikeshiSymptom'),
    severity: searchAttribute(execution, 'HikeshiSeverity'),
    phase: searchAttribute(execution, 'HikeshiPhase'),
    startedAt: execution.startTime.toISOString(),
    ...(stuck.has(execution.runId) ? { stuck: true } : {}),
    number: searchAttribute(execution, 'HikeshiNumber') ?? 0,
  }))
  return found
    .toSorted((a, b) => b.number - a.number || (a.incident < b.incident ? -1 : 1))
    .map(({ number: _, ...listed }) => listed)
}

/** Runs whose task fails again and again. Temporal reports one that only waited for a worker as well; what cannot be read counts as stuck. */
async function stuckOf(
  temporal: Temporal,
  executions: readonly WorkflowExecutionInfo[],
): Promise<ReadonlySet<string>> {
  const reported = executions
    .filter(isReportedStuck)
    .map(({ workflowId, runId, type }) => ({ workflow: workflowId, run: runId, type }))
  const { stuck, unread } = await lookAt(temporal, reported)
  return new Set([...stuck.map(({ run }) => run), ...unread.flatMap(({ run }) => run?.run ?? [])])
}
