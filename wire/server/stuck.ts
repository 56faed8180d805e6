/**
 * Workflows whose task fails again and again: they neither page nor listen until somebody frees them (docs/stuck-workflow.md).
 * Workers watch for them as well, so nothing but Temporal and the list of failures is needed here.
 */
import { type Failure, failure } from '../../domain/failures.ts'
import { type Asked, judge, limited, type Run, type Stuck, stuckBefore } from './failing-task.ts'

export type { Asked, Run, Stuck }

/** What could not be read, a run or a list of them: nobody knows whether it is stuck. */
export type Unread = { readonly run?: Run; readonly error: unknown }

export type Seen = { readonly stuck: readonly Stuck[]; readonly unread: readonly Unread[] }

const mostListed = 1_000
const mostStuck = 100
const mostLookedAt = 100
/** Long enough for a task that failed once by chance to be tried again. */
const againAfterMs = 1_500
/** A `look` is none of them: it reads for a few seconds, and whoever began it waits for its answer. */
const ours = `ExecutionStatus = 'Running' AND WorkflowType IN ('desk', 'incident')`

/** The server sets it after some failed tasks in a row and takes it away after the first good one; from version 1.30 on. */
export const problemsAttribute = 'TemporalReportedProblems'

/** What Temporal itself reports, by one question to visibility. A server that knows no such attribute reports nothing. */
export async function reportedRuns(asked: Asked): Promise<readonly Run[]> {
  try {
    return await listRuns(asked, `${ours} AND ${problemsAttribute} IS NOT NULL`, mostStuck)
  } catch (error) {
    if (error instanceof Error && /invalid search attribute|invalid query/i.test(error.message)) return []
    throw error
  }
}

/** Those that run, by one question to visibility: desks first, then the newest. */
export function runningRuns(asked: Asked, limit: number = mostListed): Promise<readonly Run[]> {
  return listRuns(asked, ours, limit)
}

/** Whether Temporal reports failing tasks at all. */
export async function reportsProblems({ connection, namespace }: Asked): Promise<boolean> {
  const { namespaceInfo } = await limited(connection, () =>
    connection.workflowService.describeNamespace({ namespace }),
  )
  return namespaceInfo?.capabilities?.reportedProblemsSearchAttribute === true
}

/** Those of `reported` and `others` that have failed their task since it last went well. One that was stuck is so until one goes well. */
export async function lookAt(
  asked: Asked,
  reported: readonly Run[],
  others: readonly (Run | Stuck)[] = [],
): Promise<Seen> {
  const known = new Set(reported.map(({ run }) => run))
  const each = new Map([...reported, ...others].map((one) => [one.run, one]))
  const unread: Unread[] = []
  const judged = await Promise.all(
    [...each.values()].map((one) =>
      judge(asked, one, known.has(one.run)).catch((error: unknown) => {
        unread.push({ run: one, error })
        return stuckBefore(one)
      }),
    ),
  )
  return { stuck: judged.filter((one) => one !== undefined), unread }
}

/** The same where nothing may stay unread. */
export async function stuckAmong(
  asked: Asked,
  reported: readonly Run[],
  others: readonly Run[] = [],
): Promise<readonly Stuck[]> {
  const { stuck, unread } = await lookAt(asked, reported, others)
  if (unread[0]) throw unread[0].error
  return stuck
}

/**
 * One look, for who asks only now and then: 100 that run, and what Temporal reports; a second time before it is believed. Says "none"
 * only of what it could read whole.
 */
export async function stuckNow(
  asked: Asked,
): Promise<{ readonly stuck: readonly Stuck[]; readonly of: number }> {
  const [reported, running] = await Promise.all([reportedRuns(asked), runningRuns(asked, mostLookedAt)])
  const first = await lookAt(asked, reported, running)
  if (first.stuck.length > 0) await new Promise((resolve) => setTimeout(resolve, againAfterMs))
  const again = await lookAt(asked, [], first.stuck)
  const before = new Set(first.stuck.map(troubleOf))
  const stuck = again.stuck.filter((one) => before.has(troubleOf(one)))
  const [unread] = [...first.unread, ...again.unread]
  if (stuck.length === 0 && unread) throw unread.error
  return { stuck, of: running.length }
}

/** The same trouble, whoever has seen it and however many signals have come since. */
export function troubleOf({ workflow, run, lastGood }: Stuck): string {
  return `stuck/${workflow}/${run}/${lastGood ?? 'start'}`
}

export function stuckFailure({ workflow, problem }: Stuck): Failure {
  return failure('workflow-stuck', { workflow, reason: problem })
}

/** A stuck desk stops every incident to come and a stuck incident one, so desks do not wait behind. */
async function listRuns(
  { connection, namespace }: Asked,
  query: string,
  limit: number,
): Promise<readonly Run[]> {
  const { executions } = await limited(connection, () =>
    connection.workflowService.listWorkflowExecutions({ namespace, query, pageSize: mostListed }),
  )
  const runs = (executions ?? []).flatMap(({ execution, type }) =>
    execution?.workflowId && execution.runId
      ? [{ workflow: execution.workflowId, run: execution.runId, type: type?.name ?? '' }]
      : [],
  )
  const isDesk = ({ type }: Run) => type === 'desk'
  return [...runs.filter(isDesk), ...runs.filter((run) => !isDesk(run))].slice(0, limit)
}
