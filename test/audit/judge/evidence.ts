/** The histories of everything that ran, and what re-executing them gives: incidents by `replay`, desks by the same proof. */
import type { Client } from '@temporalio/client'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { historiesOf } from '../../../client/replay/histories.ts'
import { type HistoryEvent, inputOf, recordedIn } from '../../../client/replay/recorded.ts'
import { replay } from '../../../client/replay/replay.ts'
import type { TimelineEvent } from '../../../domain/timeline/chain.ts'
import { prove, type RunEvidence, type Verdict } from '../../../domain/timeline/prove.ts'
import type { Receipt } from '../../../domain/words.ts'
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

export async function gather(client: Client, workflows: readonly string[]): Promise<readonly Evidence[]> {
  const gathered: Evidence[] = []
  await each(
    workflows,
    async (workflow) => {
      const histories = await historiesOf(workflow, client, undefined)
      const proof = workflow.startsWith('desk/')
        ? await replayDesk(workflow, histories)
        : await replay(workflow, histories, reexecute)
      const { timeline, ...verdict } = proof
      const attempt = await hopeless(client, workflow)
      gathered.push({ workflow, histories, verdict, timeline, ...(attempt === undefined ? {} : { attempt }) })
    },
    2,
  )
  return gathered.toSorted((a, b) => (a.workflow < b.workflow ? -1 : 1))
}

/** A desk need not tell its re-execution everything that it sends: what it does not tell is taken from the history itself. */
async function replayDesk(workflow: string, histories: readonly unknown[]) {
  const runs: RunEvidence[] = []
  for (const [index, json] of histories.entries()) {
    const events = (historyFromJSON(json).events ?? []) as HistoryEvent[]
    const again = await reexecute(json, workflow)
    const recorded = recordedIn(events)
    const told = new Set(again.sent.map(({ kind }) => kind))
    const sent = [...again.sent, ...recorded.filter(({ kind }) => !told.has(kind as 'signal'))]
    runs.push({ run: index + 1, input: inputOf(events), recorded, ...again, sent })
  }
  return { ...prove(runs), timeline: runs.flatMap(({ events }) => events) }
}

export function historyFaults(evidence: Evidence): readonly Fault[] {
  const { workflow, verdict, attempt } = evidence
  const { difference } = verdict
  const runs = eventsOf(evidence)
  return [
    ...(difference === undefined
      ? []
      : [fault('differs', `run ${difference.run}, ${difference.at}: ${difference.says}`)]),
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
