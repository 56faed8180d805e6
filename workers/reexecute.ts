/** Re-executes the runs of an incident from their histories and collects what each makes. Needs no server. */
import { Script } from 'node:vm'
import { type InjectedSinks, Worker } from '@temporalio/worker'
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js'
import type { TimelineEvent } from '../domain/timeline/chain.ts'
import type { Sent } from '../domain/timeline/unlike.ts'
import type { ReplaySinks } from '../workflows/ledger.ts'
import { proofWorker } from '../workflows/messages.ts'
import { type WorkflowBundle, workflowBundle } from './bundle.ts'
import { quietLogs } from './logs.ts'

export type Reexecution = {
  readonly events: readonly TimelineEvent[]
  readonly sent: readonly Sent[]
  /** Why it could not follow the history to its end. */
  readonly broke?: string
}

const { runInContext } = Script.prototype
let turn: Promise<unknown> = Promise.resolve()

/**
 * Re-executes runs of one workflow, one after the other in one worker: to start it takes as long as some hundred events. `histories` are
 * Temporal's, as JSON or read already; what each made stands at its place. `bundle` defaults to this release's workflows.
 */
export function reexecute(
  histories: readonly unknown[],
  workflowId: string,
  bundle?: WorkflowBundle,
): Promise<readonly Reexecution[]> {
  // Two replay workers of one process share what the SDK keeps for all: now and then one of them hears nothing of its runs.
  const mine = turn.then(() => inTurn(histories, workflowId, bundle))
  turn = mine.catch(() => undefined)
  return mine
}

/**
 * A re-execution has 49 days for each call into the sandbox, and Node starts a thread to watch over them: a third of the whole time. Without
 * a deadline there is none.
 */
function withoutDeadlines(): void {
  if (runInContext !== Script.prototype.runInContext) return
  Script.prototype.runInContext = function (context, { timeout: _, ...options } = {}) {
    return runInContext.call(this, context, options)
  }
}

async function inTurn(
  histories: readonly unknown[],
  workflowId: string,
  bundle: WorkflowBundle | undefined,
): Promise<readonly Reexecution[]> {
  quietLogs()
  const done: Reexecution[] = []
  let events: TimelineEvent[] = []
  let sent: Sent[] = []
  const end = (error?: unknown): void => {
    done.push(error === undefined ? { events, sent } : { events, sent, broke: reasonOf(error) })
    events = []
    sent = []
  }
  const sinks: InjectedSinks<ReplaySinks> = {
    replay: {
      event: { fn: (_, event) => void events.push(event), callDuringReplay: true },
      sent: { fn: (_, what) => void sent.push(what), callDuringReplay: true },
    },
  }
  const workflows = bundle ?? (await workflowBundle())
  while (done.length < histories.length) {
    const rest = oneByOne(histories.slice(done.length), workflowId)
    const options = { workflowBundle: workflows, sinks, replayName: proofWorker }
    try {
      for await (const { error } of Worker.runReplayHistories(options, rest)) end(error)
      if (done.length < histories.length) end('the worker ended')
    } catch (error) {
      // Such as a history that cannot be read; the runs after it get another worker.
      end(error)
    }
  }
  return done
}

/** The first one is asked for when the worker stands. */
async function* oneByOne(
  histories: readonly unknown[],
  workflowId: string,
): AsyncGenerator<{ readonly history: unknown; readonly workflowId: string }> {
  // The worker notes where each promise was made, for a query that nobody asks here; that takes half of the time.
  globalHandlers.uninstall()
  withoutDeadlines()
  for (const history of histories) yield { history, workflowId }
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
  return reason.slice(0, 300)
}

/** In a live worker nobody listens: the record is the history. Registered so that the SDK does not complain. */
export const deafSinks: InjectedSinks<ReplaySinks> = {
  replay: {
    event: { fn: () => undefined, callDuringReplay: false },
    sent: { fn: () => undefined, callDuringReplay: false },
  },
}
