/** Re-executes runs in this process, one after the other in one worker: to start it takes as long as some hundred events. */
import { Script } from 'node:vm'
import { type InjectedSinks, Worker } from '@temporalio/worker'
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js'
import type { TimelineEvent } from '../domain/timeline/chain.ts'
import type { Sent } from '../domain/timeline/unlike.ts'
import { proofWorker } from '../wire/messages.ts'
import type { ReplaySinks } from '../workflows/machine/ledger.ts'
import type { WorkflowBundle } from './bundle.ts'
import { quietLogs } from './logs.ts'

export type Reexecution = {
  readonly events: readonly TimelineEvent[]
  readonly sent: readonly Sent[]
  /** Why it could not follow the history to its end. */
  readonly broke?: string
}

/** The history of a run, and its place among all. */
export type Given = { readonly place: number; readonly history: unknown }

/** What is to be re-executed; whoever is free takes the next one. */
export type Runs = {
  readonly next: () => Promise<Given | undefined>
  readonly made: (place: number, one: Reexecution) => void
  /** For another one to take. */
  readonly back: (given: Given) => void
}

const { runInContext } = Script.prototype
const longestMeantMs = 86_400_000

/** Returns when there is no next one. */
export async function reexecuteHere(
  { next, made }: Runs,
  workflowId: string,
  workflowBundle: WorkflowBundle,
): Promise<void> {
  quietLogs()
  let given: Given | undefined
  let events: TimelineEvent[] = []
  let sent: Sent[] = []
  const end = (error?: unknown): void => {
    if (given !== undefined)
      made(given.place, { events, sent, ...(error === undefined ? {} : { broke: reasonOf(error) }) })
    given = undefined
    events = []
    sent = []
  }
  const sinks: InjectedSinks<ReplaySinks> = {
    replay: {
      event: { fn: (_, event) => void events.push(event), callDuringReplay: true },
      sent: { fn: (_, what) => void sent.push(what), callDuringReplay: true },
    },
  }
  const options = { workflowBundle, sinks, replayName: proofWorker }
  let more = true
  async function* oneByOne(): AsyncGenerator<{ readonly history: unknown; readonly workflowId: string }> {
    // The worker notes where each promise was made, for a query that nobody asks here; that takes half of the time.
    globalHandlers.uninstall()
    withoutDeadlines()
    // The first one is asked for when the worker stands.
    for (given = await next(); given !== undefined; given = await next())
      yield { history: given.history, workflowId }
    more = false
  }
  while (more) {
    try {
      for await (const { error } of Worker.runReplayHistories(options, oneByOne())) end(error)
      if (more) end('the worker ended')
    } catch (error) {
      // Such as a history that cannot be read, or a bundle, before the first was asked for; the runs after it get another worker.
      given ??= await next()
      more = given !== undefined
      end(error)
    }
  }
}

/**
 * A re-execution has 49 days for each call into the sandbox, and Node starts a thread to watch over them: a third of the whole time. Without
 * a deadline there is none.
 */
function withoutDeadlines(): void {
  if (runInContext !== Script.prototype.runInContext) return
  Script.prototype.runInContext = function (context, { timeout, ...options } = {}) {
    // Whoever else has one in this process needs it.
    const isMeant = timeout !== undefined && timeout < longestMeantMs
    return runInContext.call(this, context, isMeant ? { timeout, ...options } : options)
  }
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
  return reason.slice(0, 300)
}
