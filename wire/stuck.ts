/**
 * Workflows whose task fails again and again: they neither page nor listen until somebody frees them (docs/stuck-workflow.md).
 * Workers watch for them as well, so nothing but Temporal and the list of failures is needed here.
 */
import type { Connection } from '@temporalio/client'
import { type Failure, failure } from '../domain/failures.ts'

export type Asked = { readonly connection: Connection; readonly namespace: string }

/** One run that exists: enough to ask for it. */
export type Run = { readonly workflow: string; readonly run: string; readonly type: string }

export type Stuck = Run & {
  /** When its task failed first since it last went well: the same for everybody who asks. */
  readonly sinceMs: number
  /** What the task failed with, in one line. */
  readonly problem: string
  /** The event of the last task that went well: what a reset goes back to. */
  readonly lastGood: string | undefined
}

const answerWithinMs = 3_000
const mostEvents = 200
const mostStuck = 100
const mostLookedAt = 100
/** Long enough for a task that failed once by chance to be tried again. */
const againAfterMs = 1_500
/** Temporal's own cause of a failed task that was none: somebody has reset the run. */
const wasReset = 20
const ours = `ExecutionStatus = 'Running' AND WorkflowType IN ('desk', 'incident', 'look')`

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

/** Those that run, the newest first. */
export function runningRuns(asked: Asked, limit: number): Promise<readonly Run[]> {
  return listRuns(asked, ours, limit)
}

/** Whether Temporal reports failing tasks at all. */
export async function reportsProblems({ connection, namespace }: Asked): Promise<boolean> {
  const { namespaceInfo } = await limited(connection, () =>
    connection.workflowService.describeNamespace({ namespace }),
  )
  return namespaceInfo?.capabilities?.reportedProblemsSearchAttribute === true
}

/** Those of `reported` and `others` that have failed their task more than once since it last went well. */
export async function stuckAmong(
  asked: Asked,
  reported: readonly Run[],
  others: readonly Run[] = [],
): Promise<readonly Stuck[]> {
  const known = new Set(reported.map(({ run }) => run))
  const each = new Map([...others, ...reported].map((one) => [one.run, one]))
  const found = await Promise.all([...each.values()].map((one) => judge(asked, one, known.has(one.run))))
  return found.filter((stuck) => stuck !== undefined)
}

/** One look, for who asks only now and then: 100 that run, and what Temporal reports; a second time before it is believed. */
export async function stuckNow(
  asked: Asked,
): Promise<{ readonly stuck: readonly Stuck[]; readonly of: number }> {
  const [reported, running] = await Promise.all([reportedRuns(asked), runningRuns(asked, mostLookedAt)])
  const first = await stuckAmong(asked, reported, running)
  if (first.length === 0) return { stuck: [], of: running.length }
  await new Promise((resolve) => setTimeout(resolve, againAfterMs))
  const again = new Set((await stuckAmong(asked, [], first)).map(troubleOf))
  return { stuck: first.filter((one) => again.has(troubleOf(one))), of: running.length }
}

/** The same trouble, whoever has seen it. */
export function troubleOf({ workflow, run, sinceMs }: Stuck): string {
  return `stuck/${workflow}/${run}/${sinceMs}`
}

export function stuckFailure({ workflow, problem }: Stuck): Failure {
  return failure('workflow-stuck', { workflow, reason: problem })
}

async function listRuns(
  { connection, namespace }: Asked,
  query: string,
  pageSize: number,
): Promise<readonly Run[]> {
  const { executions } = await limited(connection, () =>
    connection.workflowService.listWorkflowExecutions({ namespace, query, pageSize }),
  )
  return (executions ?? []).flatMap(({ execution, type }) =>
    execution?.workflowId && execution.runId
      ? [{ workflow: execution.workflowId, run: execution.runId, type: type?.name ?? '' }]
      : [],
  )
}

/** Undefined for a run that works, is over by now, or merely waits for a worker. */
async function judge(asked: Asked, run: Run, reported: boolean): Promise<Stuck | undefined> {
  const { connection, namespace } = asked
  const execution = { workflowId: run.workflow, runId: run.run }
  try {
    const { pendingWorkflowTask } = await limited(connection, () =>
      connection.workflowService.describeWorkflowExecution({ namespace, execution }),
    )
    // Between two tries none may be pending; what the server reports stays until a task went well.
    const attempt = pendingWorkflowTask?.attempt ?? 1
    if (!reported && attempt < 2) return undefined
    const last = await lastFailure(asked, execution)
    // One that only ever ran out of time lost its worker, perhaps; the third try has outlived two of them.
    if (last === undefined || (last.timedOut && attempt < 3)) return undefined
    return { ...run, sinceMs: last.sinceMs, problem: last.problem, lastGood: last.lastGood }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === notFound) return undefined
    throw error
  }
}

const notFound = 5

type LastFailure = Pick<Stuck, 'sinceMs' | 'problem' | 'lastGood'> & { readonly timedOut: boolean }

/** What went wrong since the last task that went well, read from the newest event backwards. */
async function lastFailure(
  { connection, namespace }: Asked,
  execution: { readonly workflowId: string; readonly runId: string },
): Promise<LastFailure | undefined> {
  const { history } = await limited(connection, () =>
    connection.workflowService.getWorkflowExecutionHistoryReverse({
      namespace,
      execution,
      maximumPageSize: mostEvents,
    }),
  )
  let found: LastFailure | undefined
  for (const event of history?.events ?? []) {
    if (event.workflowTaskCompletedEventAttributes) {
      return found && { ...found, lastGood: String(event.eventId) }
    }
    const failed = event.workflowTaskFailedEventAttributes
    const timedOut = event.workflowTaskTimedOutEventAttributes
    if (!timedOut && (!failed || failed.cause === wasReset)) continue
    found = {
      sinceMs: Math.round(
        Number(event.eventTime?.seconds ?? 0) * 1_000 + (event.eventTime?.nanos ?? 0) / 1e6,
      ),
      // The newest words count: a newer release may fail with others.
      problem: found?.timedOut === false ? found.problem : problemOf(failed?.failure?.message),
      timedOut: (found?.timedOut ?? true) && !failed,
      lastGood: undefined,
    }
  }
  return found
}

function problemOf(message: string | null | undefined): string {
  const [line = ''] = (message ?? '').split('\n')
  return line.slice(0, 300).replace(/[.\s]+$/, '') || 'its task runs out of time'
}

function limited<T>(connection: Connection, call: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + answerWithinMs, call)
}
