/**
 * Timeouts and retries of every activity; no other file has any. What is cancelled is waited for: the end of an activity that nobody
 * waits for would make a task that the workflow never hears of (docs/adr/0009-every-task-is-sealed.md).
 */
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow'
import { clusterQueue, incidentsQueue, logsQueue } from '../../wire/messages.ts'

/** How an activity is called, and how long it is waited for: where it goes, and what a person is told where it never answers. */
export type Patience = {
  readonly options: ActivityOptions
  readonly queue: string
  readonly patienceMs: number
}

/** The answer of a picture has so long to come back when its parts have used up their time. */
const answerTakesMs = 500

/**
 * The parts of a picture: a hanging target costs its part alone, and no worker at all 4.5 s. A worker that dies in the middle is
 * noticed after a second of silence, and another one reads them in the time that is left.
 */
export function partOptions(cluster: string, withinMs: number): ActivityOptions {
  return {
    taskQueue: clusterQueue(cluster),
    scheduleToCloseTimeout: withinMs + answerTakesMs,
    heartbeatTimeout: '1s',
    retry: { initialInterval: '100ms', backoffCoefficient: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  }
}

/** Reading steps and plans change nothing: two more tries, then a person decides. The longest, `http.healthy`, has 30 s of its own. */
export function readPatience(cluster: string): Patience {
  const queue = clusterQueue(cluster)
  const options: ActivityOptions = {
    taskQueue: queue,
    scheduleToStartTimeout: '30s',
    startToCloseTimeout: '60s',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '500ms', maximumAttempts: 3 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  }
  return { options, queue, patienceMs: 30_000 }
}

/** Asks a desk for its runbook; a worker of Temporal's own queue answers within moments, or is replaced. */
export const runbookOptions: ActivityOptions = {
  taskQueue: incidentsQueue,
  scheduleToCloseTimeout: '8s',
  startToCloseTimeout: '3s',
  retry: { initialInterval: '100ms', backoffCoefficient: 1.5 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
}

/** The same for what nobody waits for: as late as `latePatience`. */
export const lateRunbookOptions: ActivityOptions = {
  ...runbookOptions,
  scheduleToCloseTimeout: '2 days',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
}

/**
 * Changes are safe to repeat (same step-run id), so a worker's death is healed by the next attempt; what the target refused is
 * not repeated (the hands mark it non-retryable), nor what its kind declares to be done `once`.
 */
export function changePatience(cluster: string, once = false): Patience {
  const queue = clusterQueue(cluster)
  const options: ActivityOptions = {
    taskQueue: queue,
    scheduleToStartTimeout: '60s',
    startToCloseTimeout: '2m',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '1s', maximumAttempts: once ? 1 : 10 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  }
  return { options, queue, patienceMs: 60_000 }
}

/**
 * A change that takes hours: its work goes on without a worker, so the next attempt finds it where it is, however often workers die. What the
 * target refused is not repeated.
 */
export function longPatience(cluster: string): Patience {
  const queue = clusterQueue(cluster)
  const options: ActivityOptions = {
    taskQueue: queue,
    scheduleToStartTimeout: '5m',
    startToCloseTimeout: '2 days',
    heartbeatTimeout: '10s',
    retry: { initialInterval: '1s', maximumInterval: '10s', maximumAttempts: 200 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  }
  return { options, queue, patienceMs: 300_000 }
}

/** What nobody waits for: a worker that comes two days late, or a disk that has room by then, still gets something. */
export function latePatience(cluster: string): Patience {
  const queue = clusterQueue(cluster)
  const options: ActivityOptions = {
    taskQueue: queue,
    scheduleToCloseTimeout: '2 days',
    startToCloseTimeout: '1 hour',
    heartbeatTimeout: '10s',
    retry: { initialInterval: '1s', maximumInterval: '5m' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  }
  return { options, queue, patienceMs: 172_800_000 }
}

/**
 * Logs are followed for as long as an incident is open; whoever takes over from a worker that died goes on where its files end. While nobody
 * can, the kubelet keeps what it keeps.
 */
export function followPatience(cluster: string): Patience {
  const queue = logsQueue(cluster)
  const options: ActivityOptions = {
    taskQueue: queue,
    startToCloseTimeout: '365 days',
    heartbeatTimeout: '10s',
    retry: { initialInterval: '1s', maximumInterval: '30s' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  }
  return { options, queue, patienceMs: 60_000 }
}

/** A page: the channel has 5 s; a worker that died in mid-page is noticed by its missing heartbeat and the same key goes out again. */
export const pagePatience: Patience = {
  options: {
    taskQueue: incidentsQueue,
    startToCloseTimeout: '10s',
    heartbeatTimeout: '3s',
    retry: { initialInterval: '200ms', maximumInterval: '5s' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  },
  queue: incidentsQueue,
  patienceMs: 10_000,
}

/**
 * A run that is not put away is lost when Temporal forgets it, after seven days at least (`hikeshi doctor`): it is tried until a day before
 * that. The worker calls somebody long before (workers/alarm.ts).
 */
export const archivePatience: Patience = {
  options: {
    taskQueue: incidentsQueue,
    scheduleToCloseTimeout: '6 days',
    startToCloseTimeout: '2m',
    heartbeatTimeout: '15s',
    retry: { initialInterval: '1s', maximumInterval: '5m' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  },
  queue: incidentsQueue,
  patienceMs: 60_000,
}

/** Asked once, when a desk begins. */
export const highestOptions: ActivityOptions = {
  taskQueue: incidentsQueue,
  startToCloseTimeout: '5s',
  retry: { initialInterval: '200ms', maximumInterval: '1s' },
}

/** Tells somebody of what can wait until the morning: each channel has its own few seconds, and an hour is enough to try again. */
export const ownerPatience: Patience = {
  options: {
    taskQueue: incidentsQueue,
    scheduleToCloseTimeout: '1h',
    startToCloseTimeout: '2m',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '1s', maximumInterval: '1m' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  },
  queue: incidentsQueue,
  patienceMs: 3_600_000,
}

/** Has a desk take a report of ours: what is not reported calls nobody, so it is tried for a day. */
export const declarePatience: Patience = {
  options: {
    taskQueue: incidentsQueue,
    scheduleToCloseTimeout: '1 day',
    startToCloseTimeout: '15s',
    retry: { initialInterval: '500ms', maximumInterval: '1m' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  },
  queue: incidentsQueue,
  patienceMs: 86_400_000,
}
