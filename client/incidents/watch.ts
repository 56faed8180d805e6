/** Following an incident live: Temporal's history says that something happened, the workflow says what. */

import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import { toWorkOff } from '../../domain/incident/fold/state.ts'
import { present } from '../../domain/present.ts'
import { type Refused, refused } from '../../edge/refused.ts'
import type { Temporal } from '../temporal/connect.ts'
import { isGone, refusalOf } from '../temporal/errors.ts'
import { checkIncident } from './commands.ts'
import { currentView } from './show.ts'
import { isStarting } from './starting.ts'
import { eventsFrom } from './timeline.ts'

/** Temporal ends a long-poll itself after less than this. */
const pollWithinMs = 75_000
const longestPauseMs = 5_000

export type WatchOptions = {
  /** The first event that is wanted; without it only what happens from now on. */
  readonly fromSeq?: number
  /** Something does not answer; it is tried again until the signal says stop. */
  readonly onTrouble?: (trouble: Refused) => void
}

/** Yields each new event once, in order, over every continue-as-new; ends when the incident's workflow ends, when only ticks of its last checklist can come, or when `signal` fires. */
export async function* watchIncident(
  temporal: Temporal,
  incident: string,
  signal: AbortSignal,
  options: WatchOptions = {},
): AsyncGenerator<IncidentEvent, void> {
  checkIncident(incident)
  while (!signal.aborted && (await isStarting(temporal, incident))) await pause(200, signal)
  if (signal.aborted) return
  const { fromSeq } = options
  const current = await currentRun(temporal, incident)
  const view = await currentView(temporal, incident).catch(() => undefined)
  let next = fromSeq ?? (view && view.head.seq + 1)
  // The newest run that began at or before the first wanted event: the reading starts there and goes on into its successors.
  const first =
    fromSeq === undefined ? undefined : view?.earlierRuns.findLast(({ firstSeq }) => firstSeq <= fromSeq)
  let poll: Poll = { runId: first?.runId ?? current, token: undefined, over: false }
  let pauseMs = 200
  let isWorkedOff = view !== undefined && toWorkOff(view.state).length > 0
  while (!signal.aborted) {
    try {
      next ??= (await currentView(temporal, incident)).head.seq + 1
      const events = await eventsFrom(temporal, incident, next, poll.runId)
      for (const event of events) {
        if (event.seq < next) continue
        yield event
        next = event.seq + 1
        isWorkedOff ||= event.type === 'closed' && event.data.later !== undefined
      }
      if (poll.over || (isWorkedOff && events.at(-1)?.type !== 'closed')) return
      poll =
        poll.successor === undefined
          ? await nextHistory(temporal, incident, poll, signal)
          : { runId: poll.successor, token: undefined, over: false }
      pauseMs = 200
    } catch (error) {
      if (signal.aborted) return
      const trouble = refusalOf(error, temporal.address)
      // A restart of the server or of the last worker is no reason to stop watching; a run that is gone is.
      const passes = trouble.failure.name === 'temporal-unreachable' || trouble.failure.name === 'no-worker'
      if (!passes) throw trouble
      options.onTrouble?.(trouble)
      await pause(pauseMs, signal)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
  }
}

/** Where the reading of the history stands: in which run, after which page, and whether it has ended, or went on in a successor. */
type Poll = {
  readonly runId: string
  readonly token: Uint8Array | undefined
  readonly over: boolean
  readonly successor?: string
}

async function currentRun(temporal: Temporal, incident: string): Promise<string> {
  try {
    const { runId } = await temporal.connection.withDeadline(Date.now() + 5_000, () =>
      temporal.client.workflow.getHandle(incident).describe(),
    )
    return runId
  } catch (error) {
    throw isGone(error) ? refused('unknown-incident', { incident }) : refusalOf(error, temporal.address)
  }
}

/** Waits until the history has something new. What a run did in its very last task is still read from it, and then its successor. */
async function nextHistory(
  temporal: Temporal,
  incident: string,
  poll: Poll,
  signal: AbortSignal,
): Promise<Poll> {
  const { connection, namespace } = temporal
  // The connection does not look whether it was aborted before.
  signal.throwIfAborted()
  // A signal of its own per call: the connection listens to what it is given and never stops.
  const answer = await connection.withAbortSignal(AbortSignal.any([signal]), () =>
    connection.withDeadline(Date.now() + pollWithinMs, () =>
      connection.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: { workflowId: incident, runId: poll.runId },
        waitNewEvent: true,
        maximumPageSize: 1_000,
        ...present({ nextPageToken: poll.token }),
      }),
    ),
  )
  const last = answer.history?.events?.at(-1)
  const successor = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId
  if (successor !== undefined && successor !== null && successor !== '') return { ...poll, successor }
  const token = answer.nextPageToken
  // A history without a next page is complete: the run has ended.
  return token === undefined || token === null || token.length === 0
    ? { ...poll, over: true }
    : { runId: poll.runId, token, over: false }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
