/**
 * How long what may take, and who repeats it. Every number of the shell's patience stands here. What is cancelled is waited for: the end
 * of an activity that nobody waits for would make a task that the workflow never hears of (docs/adr/0009-every-task-is-sealed.md).
 */
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow'
import { clusterQueue, incidentsQueue } from './messages.ts'

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
export function readOptions(cluster: string): ActivityOptions {
  return {
    taskQueue: clusterQueue(cluster),
    scheduleToStartTimeout: '30s',
    startToCloseTimeout: '60s',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '500ms', maximumAttempts: 3 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  }
}

/** Asks a desk for its runbook; a worker of Temporal's own queue answers within moments, or is replaced. */
export const runbookOptions: ActivityOptions = {
  taskQueue: incidentsQueue,
  scheduleToCloseTimeout: '8s',
  startToCloseTimeout: '3s',
  retry: { initialInterval: '100ms', backoffCoefficient: 1.5 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
}

/**
 * Changes are safe to repeat (same step-run id), so a worker's death is healed by the next attempt; what the target refused is
 * not repeated (the hands mark it non-retryable), nor what its kind declares to be done `once`.
 */
export function changeOptions(cluster: string, once = false): ActivityOptions {
  return {
    taskQueue: clusterQueue(cluster),
    scheduleToStartTimeout: '60s',
    startToCloseTimeout: '2m',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '1s', maximumAttempts: once ? 1 : 10 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  }
}

/** A page: the channel has 5 s; a worker that died in mid-page is noticed by its missing heartbeat and the same key goes out again. */
export const pageOptions: ActivityOptions = {
  taskQueue: incidentsQueue,
  startToCloseTimeout: '10s',
  heartbeatTimeout: '3s',
  retry: { initialInterval: '200ms', maximumInterval: '5s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
}

/**
 * A run that is not put away is lost when Temporal forgets it, after seven days at least (`hikeshi doctor`): it is tried until a day before
 * that. The worker calls somebody long before (workers/alarm.ts).
 */
export const archiveOptions: ActivityOptions = {
  taskQueue: incidentsQueue,
  scheduleToCloseTimeout: '6 days',
  startToCloseTimeout: '2m',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', maximumInterval: '5m' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
}
