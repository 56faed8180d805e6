/** `hikeshi replay`: re-executes every run of a workflow and says whether all that was recorded at the time agrees, and is all there. */
import type { Opening } from '../../domain/incident/open.ts'
import { present } from '../../domain/present.ts'
import type { TimelineEvent } from '../../domain/timeline/chain.ts'
import type { RunEvidence } from '../../domain/timeline/evidence.ts'
import { type FormerRun, prove, type Verdict } from '../../domain/timeline/prove.ts'
import type { Sent } from '../../domain/timeline/unlike.ts'
import { byNumber } from '../../domain/timeline/whole.ts'
import type { Receipt } from '../../domain/words.ts'
import type { Evidence } from './histories.ts'
import { hasDoneATask, upToLastTask } from './last-task.ts'
import { outlineOf } from './outline.ts'
import { underItsOwnRun } from './own-run.ts'
import { type HistoryEvent, inputOf, recordedIn } from './recorded.ts'

/** Re-executes runs, given in Temporal's JSON, one result for each; workers/reexecute.ts does it, the command line binds it in. */
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

/** `head` is one that was given out elsewhere, in a page or an annotation: its event must be there. */
export async function replay(
  workflow: string,
  { histories, source = 'over', named = [], files = [], formerRuns = [], unreadable = [] }: Evidence,
  reexecute: Reexecute,
  head?: Receipt,
): Promise<Replayed> {
  const outlined = histories.map((history, index) => ({
    history,
    outline: outlineOf(history),
    named: named[index],
  }))
  const read = outlined.flatMap(({ outline, ...one }) => (outline === undefined ? [] : [{ ...one, outline }]))
  const all = [...read.map(({ history }) => history), ...formerRuns]
  const again = await reexecute(all.filter(hasDoneATask).map(takenUp), workflow)
  const made = (place: number) => {
    const history = all[place]
    if (!hasDoneATask(history)) return { events: [], sent: [] }
    const one = again[all.slice(0, place).filter(hasDoneATask).length]
    if (one === undefined) throw new Error(`run ${place + 1} was not re-executed`)
    return one
  }
  const runs = read.map(({ history, outline, named }, index): RunEvidence => {
    const recorded = takenUp(history).events
    const { resets, startedAt: _, chain: __, events: ___, ...place } = outline
    return {
      run: index + 1,
      ...place,
      ...present({ named }),
      resets: resets.map((reset) => ({ run: index + 1, ...reset })),
      input: inputOf(recorded),
      recorded: recordedIn(recorded),
      ...made(index),
    }
  })
  const former = formerRuns.map(
    (history, index): FormerRun => ({
      runId: outlineOf(history)?.runId ?? '',
      events: made(read.length + index).events,
    }),
  )
  const lost = outlined.flatMap(({ outline, named }, index) =>
    outline === undefined ? [`history ${named ?? index + 1}`] : [],
  )
  const proof = { runs, source, files, formerRuns: former, unreadable: [...unreadable, ...lost] }
  const inOrder = byNumber(runs)
  const first = inOrder[0]?.input
  return {
    ...prove(head === undefined ? proof : { ...proof, head }),
    timeline: inOrder.flatMap((run) => run.events),
    ...(typeof first === 'object' && first !== null && 'opening' in first
      ? { opening: first.opening as Opening }
      : {}),
  }
}

/** What the workflow itself has lived through, under the id that it knew. */
function takenUp(history: unknown): { readonly events: readonly HistoryEvent[] } {
  return upToLastTask(underItsOwnRun(history)) as { readonly events: readonly HistoryEvent[] }
}
