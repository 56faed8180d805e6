/** `hikeshi replay`: re-executes every run of an incident and says whether all that was recorded at the time agrees. */
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import type { Opening } from '../../domain/incident/declare.ts'
import type { TimelineEvent } from '../../domain/timeline/chain.ts'
import { prove, type RunEvidence, type Sent, type Verdict } from '../../domain/timeline/prove.ts'
import { upToLastTask } from './last-task.ts'
import { underItsOwnRun } from './own-run.ts'
import { type HistoryEvent, inputOf, recordedIn } from './recorded.ts'

/** Re-executes runs, one result for each; workers/reexecute.ts does it, the command line binds it in. */
export type Reexecute = (
  histories: readonly unknown[],
  workflowId: string,
) => Promise<
  readonly {
    readonly events: readonly TimelineEvent[]
    readonly sent: readonly Sent[]
    readonly broke?: string
  }[]
>

export type Replayed = Verdict & {
  readonly timeline: readonly TimelineEvent[]
  /** What the incident was opened with, where the first run is among the histories. */
  readonly opening?: Opening
}

/** `histories` are Temporal's JSON, oldest run first. */
export async function replay(
  incident: string,
  histories: readonly unknown[],
  reexecute: Reexecute,
): Promise<Replayed> {
  const read = histories.map((json) => historyFromJSON(upToLastTask(underItsOwnRun(json))))
  const again = await reexecute(read, incident)
  const runs = read.map(({ events }, index): RunEvidence => {
    const made = again[index]
    if (made === undefined) throw new Error(`run ${index + 1} was not re-executed`)
    const recorded = (events ?? []) as HistoryEvent[]
    return { run: index + 1, input: inputOf(recorded), recorded: recordedIn(recorded), ...made }
  })
  const first = runs[0]?.input
  return {
    ...prove(runs),
    timeline: runs.flatMap((run) => run.events),
    ...(typeof first === 'object' && first !== null && 'opening' in first
      ? { opening: first.opening as Opening }
      : {}),
  }
}
