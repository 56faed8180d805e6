/** Re-executes the runs of a story from their histories and collects what each makes. Needs no server. */
import type { InjectedSinks } from '@temporalio/worker'
import type { ReplaySinks } from '../workflows/machine/ledger.ts'
import { type WorkflowBundle, workflowBundle } from './bundle.ts'
import { othersFor, reexecuteBeside } from './reexecute-beside.ts'
import { type Given, type Reexecution, type Runs, reexecuteHere } from './reexecute-here.ts'

let turn: Promise<unknown> = Promise.resolve()

/**
 * Re-executes runs of one workflow, each for itself: one after the other in this process, and of a long story in other processes as well,
 * as many as the machine has further cores and the story is worth. `histories` are Temporal's JSON; what each made stands at its
 * place. `bundle` defaults to this release's workflows.
 */
export function reexecute(
  histories: readonly unknown[],
  workflowId: string,
  bundle?: WorkflowBundle,
  others = othersFor(histories),
): Promise<readonly Reexecution[]> {
  // Two replay workers of one process share what the SDK keeps for all: now and then one of them hears nothing of its runs.
  const mine = turn.then(() => inTurn(histories, workflowId, bundle, others))
  turn = mine.catch(() => undefined)
  return mine
}

async function inTurn(
  histories: readonly unknown[],
  workflowId: string,
  bundle: WorkflowBundle | undefined,
  others: number,
): Promise<readonly Reexecution[]> {
  const workflows = bundle ?? (await workflowBundle())
  const left = histories.map((history, place): Given => ({ place, history }))
  const done: Reexecution[] = []
  const runs: Runs = {
    next: async () => left.shift(),
    made: (place, one) => {
      done[place] = one
    },
    back: (given) => left.unshift(given),
  }
  const beside = Array.from({ length: others }, () => reexecuteBeside(runs, workflowId, workflows))
  await reexecuteHere(runs, workflowId, workflows)
  await Promise.all(beside)
  // What a process held that ended before its time.
  if (left.length > 0) await reexecuteHere(runs, workflowId, workflows)
  return done
}

/** In a live worker nobody listens: the record is the history. Registered so that the SDK does not complain. */
export const deafSinks: InjectedSinks<ReplaySinks> = {
  replay: {
    event: { fn: () => undefined, callDuringReplay: false },
    sent: { fn: () => undefined, callDuringReplay: false },
  },
}
