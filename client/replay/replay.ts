/** `hikeshi replay`: re-executes every run of an incident and says whether all that was recorded at the time agrees. */
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import type { Opening } from '../../domain/incident/declare.ts'
import type { TimelineEvent } from '../../domain/timeline/chain.ts'
import { prove, type RunEvidence, type Sent, type Verdict } from '../../domain/timeline/prove.ts'
import { upToLastTask } from './last-task.ts'
import { type HistoryEvent, inputOf, recordedIn } from './recorded.ts'

/** Re-executes one run; workers/reexecute.ts does it, the command line binds it in. */
export type Reexecute = (
  history: unknown,
  workflowId: string,
) => Promise<{
  readonly events: readonly TimelineEvent[]
  readonly sent: readonly Sent[]
  readonly broke?: string
}>

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
  const runs: RunEvidence[] = []
  for (const [index, whole] of histories.entries()) {
    const json = upToLastTask(whole)
    const events = (historyFromJSON(json).events ?? []) as HistoryEvent[]
    const again = await reexecute(json, incident)
    runs.push({ run: index + 1, input: inputOf(events), recorded: recordedIn(events), ...again })
  }
  const first = runs[0]?.input
  return {
    ...prove(runs),
    timeline: runs.flatMap((run) => run.events),
    ...(typeof first === 'object' && first !== null && 'opening' in first
      ? { opening: first.opening as Opening }
      : {}),
  }
}
