/** The histories of everything that ran, and what re-executing them gives: incidents by `replay`, desks by the same proof. */
import type { Client } from '@temporalio/client'
import { historiesOf } from '../../../client/replay/histories.ts'
import { type Reexecute, replay } from '../../../client/replay/replay.ts'
import { present } from '../../../domain/present.ts'
import type { TimelineEvent } from '../../../domain/timeline/chain.ts'
import type { Verdict } from '../../../domain/timeline/prove.ts'
import type { Receipt } from '../../../domain/words.ts'
import { deskId } from '../../../wire/messages.ts'
import type { WorkflowBundle } from '../../../workers/bundle.ts'
import { reexecute } from '../../../workers/reexecute.ts'
import { hopeless } from '../attempt.ts'
import { each } from '../settle.ts'
import type { Fault } from './fault.ts'
import { emptyTasks, failedTasks, type TaskEvent, timedOutTasks } from './tasks.ts'

export type Evidence = {
  readonly workflow: string
  /** Temporal's JSON of each run, oldest first. */
  readonly histories: readonly unknown[]
  readonly verdict: Verdict
  /** As the re-execution tells it. */
  readonly timeline: readonly TimelineEvent[]
  /** How often its task was tried in vain, where it is stuck. */
  readonly attempt?: number
}

export function isDesk(workflow: string): boolean {
  return workflow.startsWith(deskId(''))
}

export async function gather(
  client: Client,
  workflows: readonly string[],
  bundle: WorkflowBundle,
): Promise<readonly Evidence[]> {
  const again: Reexecute = (histories, workflow) => reexecute(histories, workflow, bundle)
  const gathered: Evidence[] = []
  await each(
    workflows,
    async (workflow) => {
      const found = await historiesOf(workflow, client, undefined)
      const { histories } = found
      const proof = await replay(workflow, found, again)
      const { timeline, ...verdict } = proof
      const attempt = await hopeless(client, workflow)
      gathered.push({ workflow, histories, verdict, timeline, ...present({ attempt }) })
    },
    // `reexecute` is for one caller at a time: of two, one now and then sees nothing of what its runs make.
    1,
  )
  return gathered.toSorted((a, b) => (a.workflow < b.workflow ? -1 : 1))
}

export function historyFaults(evidence: Evidence): readonly Fault[] {
  const { workflow, verdict, attempt } = evidence
  const { difference, missing } = verdict
  const runs = eventsOf(evidence)
  return [
    ...(difference === undefined
      ? []
      : [fault('differs', `run ${difference.run}, ${difference.at}: ${difference.says.en}`)]),
    ...missing.map(({ says }) => fault('differs', says.en)),
    ...runs.flatMap(failedTasks).map((says) => fault('failed task', says)),
    ...(attempt === undefined ? [] : [fault('failed task', `its task is tried for the ${attempt}th time`)]),
    ...runs
      .flatMap(emptyTasks)
      .map(({ eventId, brought }) =>
        fault(
          'empty task',
          `the task of event ${eventId} brought ${brought.map(shortName).join(', ')} and left nothing`,
        ),
      ),
  ]

  function fault(kind: Fault['kind'], says: string): Fault {
    return { kind, of: workflow, says }
  }
}

/** The desk's live word against the end of its re-execution. */
export function headFaults(
  { workflow, verdict, timeline }: Evidence,
  live: Receipt | undefined,
): readonly Fault[] {
  if (live === undefined) return [{ kind: 'stuck', of: workflow, says: 'it does not answer a query' }]
  if (verdict.difference !== undefined || timeline.at(-1)?.hash === live.hash) return []
  return [
    { kind: 'differs', of: workflow, says: `the live head is event ${live.seq}, ${live.hash.slice(0, 12)}` },
  ]
}

export function taskTimeouts(all: readonly Evidence[]): number {
  return all.flatMap(eventsOf).reduce((sum, events) => sum + timedOutTasks(events), 0)
}

function eventsOf({ histories }: Evidence): readonly (readonly TaskEvent[])[] {
  return histories.map((history) => (history as { events: readonly TaskEvent[] }).events)
}

function shortName(attributes: string): string {
  return attributes.replace(/EventAttributes$/, '')
}
