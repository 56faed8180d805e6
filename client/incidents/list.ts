import type { WorkflowExecutionInfo } from '@temporalio/client'
import { isUnknownPlace, unknownPlace } from '../../domain/alert/place.ts'
import { expected } from '../../domain/expected.ts'
import { name } from '../../domain/names.ts'
import { isEnd, phases } from '../../domain/words.ts'
import { refused } from '../../edge/refused.ts'
import { lookAt } from '../../wire/server/stuck.ts'
import {
  isReportedStuck,
  openExecutions,
  outlineIn,
  searchAttribute,
  visible,
} from '../temporal/attributes.ts'
import type { Temporal } from '../temporal/connect.ts'
import { unknownService } from './desks.ts'
import { findDesks } from './directory.ts'

export type Listed = {
  readonly incident: string
  readonly runbook?: string | undefined
  readonly service?: string | undefined
  readonly symptom?: string | undefined
  readonly severity?: string | undefined
  readonly phase?: string | undefined
  /** When it was declared. */
  readonly startedAt: string
  /** Its first words. */
  readonly description?: string | undefined
  readonly commander?: string | undefined
  readonly timezone?: string | undefined
  /** Closed, and its workflow goes on: for what is worked off after the end, or until its archive is written. */
  readonly goesOn?: true
  /** Its task fails again and again: it pages nobody and takes no command. */
  readonly stuck?: true
}

export type ListFilter = {
  /** Those that are over too. */
  readonly all?: boolean
  /** `backend`, or `shodo/backend` where several systems have one. */
  readonly service?: string | undefined
  readonly phase?: string | undefined
  /** How many, newest first; all if omitted. */
  readonly limit?: number | undefined
}

/** Incidents from visibility, newest number first; no worker is needed, and a change shows after some milliseconds. */
export async function listIncidents(temporal: Temporal, filter: ListFilter = {}): Promise<readonly Listed[]> {
  const { all = false, service, phase, limit } = filter
  if (phase !== undefined && !(phases as readonly string[]).includes(phase))
    throw refused('bad-input', {
      where: 'phase',
      problem: expected(`one of ${phases.join(', ')}`, `${phases.join(', ')} のいずれか`),
    })
  const wanted = service === undefined ? undefined : await wantedService(temporal, service)
  const query = [
    `WorkflowType = 'incident'`,
    // A run that continued as new is the same incident again.
    all || isEnd(phase) ? `ExecutionStatus != 'ContinuedAsNew'` : openExecutions,
    ...(wanted === undefined ? [] : [`HikeshiService = '${wanted.service}'`]),
    ...(wanted?.desk === undefined ? [] : [`HikeshiRunbook = '${wanted.desk}'`]),
    ...(phase === undefined ? [] : [`HikeshiPhase = '${phase}'`]),
  ].join(' AND ')
  const executions = await visible(temporal, query, limit)
  if (executions.length === 0 && wanted !== undefined) await mustExist(temporal, wanted)
  const stuck = await stuckOf(temporal, executions)
  const found = executions.map((execution): Listed & { number: number } => ({
    incident: execution.workflowId,
    runbook: searchAttribute(execution, 'HikeshiRunbook'),
    service: searchAttribute(execution, 'HikeshiService'),
    symptom: searchAttribute(execution, 'HikeshiSymptom'),
    severity: searchAttribute(execution, 'HikeshiSeverity'),
    phase: searchAttribute(execution, 'HikeshiPhase'),
    ...outlineIn(execution),
    ...(searchAttribute(execution, 'HikeshiPhase') === 'closed' && execution.status.name === 'RUNNING'
      ? { goesOn: true }
      : {}),
    ...(stuck.has(execution.runId) ? { stuck: true } : {}),
    number: searchAttribute(execution, 'HikeshiNumber') ?? 0,
  }))
  return found
    .toSorted((a, b) => b.number - a.number || (a.incident < b.incident ? -1 : 1))
    .map(({ number: _, ...listed }) => listed)
}

type Wanted = { readonly desk: string | undefined; readonly service: string }

/** From the word that a person typed; what cannot be a name never gets into a query. */
async function wantedService(temporal: Temporal, word: string): Promise<Wanted> {
  if (unknownPlace.test(word)) return { desk: undefined, service: word }
  const [service = '', desk, ...more] = word.split('/').reverse()
  const names = desk === undefined ? [service] : [service, desk]
  if (more.length > 0 || !names.every((each) => name.safeParse(each).success))
    throw unknownService(word, await findDesks(temporal))
  return { desk, service }
}

/** "No incidents" of a service that nobody knows would be read as "all is well". */
async function mustExist(temporal: Temporal, { desk, service }: Wanted): Promise<void> {
  // No runbook names it: alerts alone do.
  if (isUnknownPlace(service)) return
  const desks = await findDesks(temporal)
  const known = desks.some((each) => each.services.includes(service) && (desk ?? each.desk) === each.desk)
  if (!known) throw unknownService(desk === undefined ? service : `${desk}/${service}`, desks)
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
