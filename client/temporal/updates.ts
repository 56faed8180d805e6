/** Sending an update so that it happens once: same id over every retry, few in flight, and a limit on the wait. */
import type { WithStartWorkflowOperation, Workflow } from '@temporalio/client'
import { commandVersion } from '../../domain/incident/commands.ts'
import { Refused, refused } from '../../edge/refused.ts'
import { incidentsQueue } from '../../wire/messages.ts'
import type { Temporal } from './connect.ts'
import { isPassing, isStuck, refusalOf } from './errors.ts'
import { stuckIndeed } from './stuck.ts'

/** Below Temporal's limit of 10 in flight per workflow (design, "Limits"); the rest waits here, in order. */
const inFlightPerWorkflow = 8
/** More than this would not have its turn in time. */
const waitingPerWorkflow = 500
/** Retries of what passes (server busy, run just ended) stop after this; so does waiting for a turn and for a worker. */
const answerWithinMs = 20_000
/** Who has not had his turn by then is refused unsent, so that what is sent has time to be answered. */
const turnWithin = 3 / 4
const firstPauseMs = 100
const longestPauseMs = 2_000

export type Update = {
  readonly workflow: string
  readonly name: string
  readonly input: { readonly [member: string]: unknown }
  /** Update id and the command's own id: a repeat changes nothing. */
  readonly id: string
  /** Else 20 s. */
  readonly withinMs?: number
  /** Starts the workflow first where none runs; a fresh one per attempt, Temporal takes each only once. */
  readonly start?: () => WithStartWorkflowOperation<Workflow>
}

/** Sends it and returns the handler's answer; refusals are thrown as `Refused`, anything else of Temporal's as well. */
export async function sendUpdate<Answer>(temporal: Temporal, update: Update): Promise<Answer> {
  const withinMs = update.withinMs ?? answerWithinMs
  const until = Date.now() + withinMs
  const queue = await takeTurn(
    `${temporal.address} ${temporal.namespace} ${update.workflow}`,
    withinMs * turnWithin,
  )
  let isAnswered = true
  try {
    return await repeatedly(temporal, update, until)
  } catch (error) {
    isAnswered = !(error instanceof Refused && error.failure.name === 'no-worker')
    throw error
  } finally {
    if (isAnswered) queue.answeredMs = performance.now()
    passTurn(queue)
  }
}

async function repeatedly<Answer>(temporal: Temporal, update: Update, until: number): Promise<Answer> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await temporal.connection.withDeadline(until, () => once<Answer>(temporal, update))
    } catch (error) {
      const waits = isStuck(error) && (await onlyWaits(temporal, update.workflow))
      if (!(waits || isPassing(error)) || Date.now() + pauseMs >= until) {
        if (waits) throw refused('no-worker', { queue: incidentsQueue }, { cause: error })
        throw refusalOrGone(error, temporal, update.workflow)
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())))
    }
  }
}

/** What cannot be looked at is believed to be as Temporal says. */
async function onlyWaits(temporal: Temporal, workflow: string): Promise<boolean> {
  return stuckIndeed(temporal, workflow).then(
    (stuck) => stuck === undefined,
    () => false,
  )
}

/** "Not found" stays as it is: only the caller knows what was looked for. */
function refusalOrGone(error: unknown, temporal: Temporal, workflow: string): unknown {
  return error instanceof Error && error.name === 'WorkflowNotFoundError'
    ? error
    : refusalOf(error, temporal.address, workflow)
}

function once<Answer>({ client }: Temporal, update: Update): Promise<Answer> {
  const { workflow, name, input, id, start } = update
  const args: [unknown] = [{ v: commandVersion, id, ...input }]
  const options = { args, updateId: id }
  return start === undefined
    ? client.workflow.getHandle(workflow).executeUpdate<Answer, [unknown]>(name, options)
    : client.workflow.executeUpdateWithStart<Workflow, Answer, [unknown]>(name, {
        ...options,
        startWorkflowOperation: start(),
      })
}

/** Of one workflow: how many updates are in flight, and who waits for a turn, in order. */
type Queue = {
  readonly key: string
  running: number
  readonly waiting: Set<() => void>
  /** When an update was last answered, a refusal included. */
  answeredMs: number
}

const queues = new Map<string, Queue>()

async function takeTurn(key: string, withinMs: number): Promise<Queue> {
  const queue = queues.get(key) ?? {
    key,
    running: 0,
    waiting: new Set(),
    answeredMs: Number.NEGATIVE_INFINITY,
  }
  queues.set(key, queue)
  if (queue.running < inFlightPerWorkflow) {
    queue.running++
    return queue
  }
  if (queue.waiting.size >= waitingPerWorkflow) throw refused('too-busy', { limit: queue.waiting.size })
  const sinceMs = performance.now()
  await new Promise<void>((resolve, reject) => {
    const turn = () => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(() => {
      queue.waiting.delete(turn)
      // Where nobody at all was answered meanwhile, it is not the crowd.
      const { answeredMs, waiting } = queue
      reject(
        answeredMs > sinceMs
          ? refused('too-busy', { limit: waiting.size })
          : refused('no-worker', { queue: incidentsQueue }),
      )
    }, withinMs)
    queue.waiting.add(turn)
  })
  return queue
}

function passTurn(queue: Queue): void {
  const [next] = queue.waiting
  // The place goes from hand to hand, so the number of running ones stays as it is.
  if (next !== undefined) {
    queue.waiting.delete(next)
    next()
  } else if (--queue.running === 0) queues.delete(queue.key)
}
