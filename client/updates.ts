/** Sending an update so that it happens once: same id over every retry, few in flight, and a limit on the wait. */
import type { WithStartWorkflowOperation, Workflow } from '@temporalio/client'
import { commandVersion } from '../domain/incident/commands.ts'
import type { Temporal } from './connect.ts'
import { isPassing, refusalOf } from './temporal-errors.ts'

/** Below Temporal's limit of 10 in flight per workflow (design, "Limits"); the rest waits here, in order. */
const inFlightPerWorkflow = 8
/** Retries of what passes (server busy, run just ended) stop after this; so does waiting for a worker. */
const answerWithinMs = 20_000
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
  const release = await takeTurn(`${temporal.address} ${temporal.namespace} ${update.workflow}`)
  try {
    return await repeatedly(temporal, update)
  } finally {
    release()
  }
}

async function repeatedly<Answer>(temporal: Temporal, update: Update): Promise<Answer> {
  const until = Date.now() + (update.withinMs ?? answerWithinMs)
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await temporal.connection.withDeadline(until, () => once<Answer>(temporal, update))
    } catch (error) {
      if (!isPassing(error) || Date.now() + pauseMs >= until)
        throw refusalOrGone(error, temporal, update.workflow)
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())))
    }
  }
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

const turns = new Map<string, { running: number; readonly waiting: (() => void)[] }>()

async function takeTurn(key: string): Promise<() => void> {
  const queue = turns.get(key) ?? { running: 0, waiting: [] }
  turns.set(key, queue)
  if (queue.running >= inFlightPerWorkflow) await new Promise<void>((resolve) => queue.waiting.push(resolve))
  else queue.running++
  return () => {
    const next = queue.waiting.shift()
    // The place goes from hand to hand, so the number of running ones stays as it is.
    if (next !== undefined) next()
    else if (--queue.running === 0) turns.delete(key)
  }
}
