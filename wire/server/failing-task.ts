/** Whether one workflow's task fails, judged by what its history says since the last task that went well. */

import type { Connection } from '@temporalio/client'
import type { Words } from '../../domain/words.ts'

export type Asked = { readonly connection: Connection; readonly namespace: string }

/** One run that exists: enough to ask for it. */
export type Run = { readonly workflow: string; readonly run: string; readonly type: string }

export type Stuck = Run & {
  /** When its task failed first since it last went well: the same for everybody who asks. */
  readonly sinceMs: number
  /** What the task failed with, in one line. */
  readonly problem: Words
  /** The event of the last task that went well: what a reset goes back to. */
  readonly lastGood: string | undefined
  /** The newest event that has been read: whoever looks again reads on from here. */
  readonly readTo: number
}

const answerWithinMs = 3_000
const eventsAtOnce = 200
/** A stuck workflow gets four more events with every signal. Who has not seen it before reads so far back for its last good task. */
const mostPages = 20
/** Tries that only run out of time may be those of a busy worker that reads long histories; by then several have. */
const outOfTimeForMs = 60_000
/**
 * Causes of a failed task that are no fault of the workflow: something came in between, or somebody has reset the run. In the order of
 * Temporal's list: an unhandled command, a sticky queue reset, a close forced or by failover, a reset, an unhandled update, a pause.
 */
const interrupted: readonly unknown[] = [1, 13, 17, 18, 20, 31, 39]
const startToClose = 1
const isRunning = 1
const notFound = 5

/** Undefined for a run that works, is over by now, or merely waits for a worker. */
export async function judge(asked: Asked, one: Run | Stuck, reported: boolean): Promise<Stuck | undefined> {
  const { connection, namespace } = asked
  const { workflow, run, type } = one
  const before = stuckBefore(one)
  try {
    const execution = { workflowId: workflow, runId: run }
    const { workflowExecutionInfo, pendingWorkflowTask } = await limited(connection, () =>
      connection.workflowService.describeWorkflowExecution({ namespace, execution }),
    )
    if (workflowExecutionInfo?.status !== isRunning) return undefined
    // Between two tries none may be pending; what the server reports, and what was stuck, is so until a task went well.
    if (!pendingWorkflowTask && !reported && before === undefined) return undefined
    // The number of the try says nothing: with every signal it is the first again.
    const failures = await failuresOf(asked, one)
    if (failures === undefined) return undefined
    const { outOfTime, ...found } = failures
    const triedForMs = epochMs(pendingWorkflowTask?.scheduledTime) - found.sinceMs
    if (outOfTime && !(triedForMs >= outOfTimeForMs)) return undefined
    return { workflow, run, type, ...found }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === notFound) return undefined
    throw error
  }
}

/** What is known of it from an earlier look. */
export function stuckBefore(one: Run | Stuck): Stuck | undefined {
  return 'readTo' in one ? one : undefined
}

type Failures = Omit<Stuck, keyof Run> & {
  /** None of them says what is wrong. */
  readonly outOfTime: boolean
}

/** What went wrong since the last task that went well, or since somebody looked before. */
async function failuresOf(asked: Asked, one: Run | Stuck): Promise<Failures | undefined> {
  const before = stuckBefore(one)
  let readTo: number | undefined
  let sinceMs: number | undefined
  let problem: Words | undefined
  let lastGood: string | undefined
  for await (const event of newestFirst(asked, one)) {
    const id = Number(event.eventId)
    readTo ??= id
    if (event.workflowTaskCompletedEventAttributes) {
      lastGood = String(id)
      break
    }
    if (before !== undefined && id <= before.readTo)
      return { ...before, problem: problem ?? before.problem, readTo, outOfTime: false }
    const failed = event.workflowTaskFailedEventAttributes
    const isFault = failed && !interrupted.includes(failed.cause)
    if (!isFault && event.workflowTaskTimedOutEventAttributes?.timeoutType !== startToClose) continue
    sinceMs = epochMs(event.eventTime)
    // The newest words count: a newer release may fail with others.
    if (isFault) problem ??= lineOf(failed.failure?.message)
  }
  if (readTo === undefined || sinceMs === undefined) return undefined
  const outOfTime = problem === undefined
  return {
    readTo,
    sinceMs,
    problem: problem ?? { en: 'its task runs out of time', ja: 'タスクが時間切れになります' },
    lastGood,
    outOfTime,
  }
}

async function* newestFirst({ connection, namespace }: Asked, { workflow, run }: Run) {
  let nextPageToken: Uint8Array | null | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await limited(connection, () =>
      connection.workflowService.getWorkflowExecutionHistoryReverse({
        namespace,
        execution: { workflowId: workflow, runId: run },
        maximumPageSize: eventsAtOnce,
        ...(nextPageToken ? { nextPageToken } : {}),
      }),
    )
    yield* answer.history?.events ?? []
    nextPageToken = answer.nextPageToken
    if (!nextPageToken?.length) return
  }
}

type Time = { readonly seconds?: unknown; readonly nanos?: number | null }

function epochMs(time: Time | null | undefined): number {
  return time ? Math.round(Number(time.seconds ?? 0) * 1_000 + (time.nanos ?? 0) / 1e6) : Number.NaN
}

function lineOf(message: string | null | undefined): Words {
  const [line = ''] = (message ?? '').split('\n')
  return line.slice(0, 300).replace(/[.\s]+$/, '') || { en: 'no reason given', ja: '理由は不明' }
}

export function limited<T>(connection: Connection, call: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + answerWithinMs, call)
}
