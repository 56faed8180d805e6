/**
 * Puts one run of an incident or a desk away: its history (what replay re-executes) and its events (what people read), each with its
 * SHA-256, and of an incident what is counted of it. Temporal forgets a run when its retention is over, which counts from the end of each
 * run, also while the incident goes on. The run in which an incident was closed has its evidence collected.
 */
import { Context } from '@temporalio/activity'
import type { Client, WorkflowHandle } from '@temporalio/client'
import { CancelledFailure, WorkflowNotFoundError } from '@temporalio/common'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { z } from 'zod'
import type { Failure } from '../../domain/failures.ts'
import { recordOf } from '../../domain/figures/record.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import { type IncidentState, isOver } from '../../domain/incident/fold/state.ts'
import { present } from '../../domain/present.ts'
import { canonicalJson } from '../../domain/timeline/canonical.ts'
import type { Json, Words } from '../../domain/words.ts'
import { onDisk } from '../../edge/disk.ts'
import { makeLastingFolder } from '../../edge/folder.ts'
import type { Activities, ArchiveCall } from '../../wire/activities.ts'
import { archiveFolder, runName } from '../../wire/archive.ts'
import { carriedBy } from '../../wire/carried.ts'
import { type IncidentView, queries, type TimelinePage } from '../../wire/messages.ts'
import { head, parser } from '../calls.ts'
import { refusal, refuse } from '../refusal.ts'
import { collectAtClose } from './collect-at-close.ts'
import type { HeadLog } from './head-log.ts'
import { highestArchived } from './highest-archived.ts'
import { type KeepOrder, keepFile, removeUnfinished } from './keep-file.ts'

/** An incident, or `desk/shodo`: the name of a folder, and nothing that leads out of the archive. */
const workflowName = z.string().regex(/^(desk\/)?[a-z0-9][a-z0-9-]{0,59}$/)

const schema = z.object({
  incident: workflowName,
  run: z.number().int().min(1).max(1_000_000),
  runId: z.uuid(),
  /** The timeline's head when the call was scheduled. */
  head,
})
const archiveCall = parser('archiveRun', schema)

type ArchiveActivities = Pick<Activities, 'archiveRun' | 'highestArchived'>

/** Told at every attempt that fails, with when the first one was. */
export type OnTrouble = (workflow: string, why: Failure, sinceMs: number) => void

export type ArchiveOptions = {
  readonly client: Client
  /** Undefined: nothing is kept, and the timeline says so. */
  readonly directory: string | undefined
  readonly onTrouble?: OnTrouble
  /** Undefined: heads go into no log. */
  readonly log?: HeadLog | undefined
}

/** Safe to repeat: the same run gives the same files, and none is ever written over. */
export function archiveActivities({ client, directory, onTrouble, log }: ArchiveOptions): ArchiveActivities {
  return {
    async archiveRun(input) {
      const call = archiveCall(input)
      if (directory === undefined) return { kept: false }
      const activity = Context.current()
      const life = setInterval(() => activity.heartbeat(), 2_000)
      try {
        // A worker that stops cannot answer its own question: it ends here, and the next worker archives.
        return await client.withAbortSignal(activity.cancellationSignal, () =>
          putAway({ client, directory, log }, call, activity),
        )
      } catch (error) {
        // Whoever asked for it left it to somebody later: that is no failure, whatever the cut call said.
        if (activity.cancellationDetails?.cancelRequested) throw new CancelledFailure('left to a later run')
        const why = carriedBy(error)
        if (why !== undefined) onTrouble?.(call.incident, why, activity.info.scheduledTimestampMs)
        throw error
      } finally {
        clearInterval(life)
      }
    },

    /** The highest number that an incident of a desk has in this archive; 0 where there is none. */
    async highestArchived(desk) {
      if (!workflowName.safeParse(desk).success || directory === undefined) return 0
      return highestArchived(directory, desk)
    },
  }
}

async function putAway(
  {
    client,
    directory,
    log,
  }: { readonly client: Client; readonly directory: string; readonly log: HeadLog | undefined },
  { incident, run, runId, head }: ArchiveCall,
  { info: { attempt }, cancellationSignal }: Context,
): Promise<Json> {
  const folder = archiveFolder(directory, incident)
  const stem = runName(run)
  const unwritable = (reason: Words) =>
    refusal('archive-unwritable', { workflow: incident, run, folder, reason })
  const writeFailed = (error: unknown): never => {
    throw unwritable(
      error instanceof Error && 'code' in error
        ? String(error.code)
        : { en: 'every name is taken', ja: '使える名前がありません' },
    )
  }
  // Before anything is read: where it cannot be written, a long history would be read at every try.
  await onDisk(() => makeLastingFolder(folder, 0o700)).catch(writeFailed)
  const { history, events, figures, closedAt, closed } = await told(client, { incident, run, runId }).catch(
    (error: unknown) => {
      if (cancellationSignal.aborted) throw error
      if (error instanceof WorkflowNotFoundError) refuse('run-forgotten', { workflow: incident, run })
      throw unwritable({
        en: 'neither Temporal nor the worker provides it',
        ja: 'Temporal またはワーカーから取得できません',
      })
    },
  )
  // Somebody else has taken over while this one stood still: what it read is longer than what was put away.
  cancellationSignal.throwIfAborted()
  let answer: { readonly [member: string]: Json }
  try {
    await removeUnfinished(folder, stem, attempt)
    const put = (what: KeepOrder['what'], content: string) =>
      keepFile({ folder, stem, what, runId, attempt, content })
    const kept = { history: await put('history', history), events: await put('events', events) }
    if (figures !== undefined) await put('figures', figures)
    const files = [kept.history.file, kept.events.file]
    // Now that it is whole: what is wrong with the log is told, and holds nothing up.
    if (closedAt !== undefined)
      await log?.add(directory, { incident, runs: run, seq: head.seq, hash: head.hash, closedAt })
    const isBeside = files.some((file) => file.split('.').length > 3)
    answer = {
      kept: true,
      events: JSON.parse(events).length,
      historySha256: kept.history.sha256,
      eventsSha256: kept.events.sha256,
      // Something else lies under the name of this run: an earlier incident of the same number.
      ...(isBeside ? { files } : {}),
    }
  } catch (error) {
    return writeFailed(error)
  }
  if (closed === undefined) return answer
  return { ...answer, evidence: await collectAtClose(client, closed.state, closed.atMs) }
}

type Told = {
  readonly history: string
  readonly events: string
  readonly figures?: string
  /** Of an incident that is over. */
  readonly closedAt?: string
  /** In this run the incident was closed. */
  readonly closed?: { readonly state: IncidentState; readonly atMs: number }
}

async function told(
  client: Client,
  { incident, run, runId }: Pick<ArchiveCall, 'incident' | 'run' | 'runId'>,
): Promise<Told> {
  const handle = client.workflow.getHandle(incident, runId)
  const events: IncidentEvent[] = []
  for (let from: number | undefined = 0; from !== undefined; ) {
    const page: TimelinePage = await handle.query<TimelinePage, [number]>(queries.timeline, from)
    events.push(...page.events)
    from = page.nextSeq
  }
  // After the events: what still comes meanwhile would stand in them and not in the history that has to give them.
  const history = textOf(await handle.fetchHistory())
  const end = events.findLast(({ type }) => type === 'closed')
  const state = await stateOf(handle, incident).catch((error: unknown) => {
    // What is counted or logged is never worth the archive: it is left out, and `stats` names the incident as not counted.
    if (end === undefined) return undefined
    throw error
  })
  const figures = state && counted({ incident, run, runId, events }, state)
  return {
    history,
    events: `${JSON.stringify(events)}\n`,
    ...present({
      figures,
      closedAt: state && closedAt(state, events),
      closed: state && end && { state, atMs: Date.parse(end.at) },
    }),
  }
}

async function stateOf(handle: WorkflowHandle, workflow: string): Promise<IncidentState | undefined> {
  if (workflow.startsWith('desk/')) return undefined
  return (await handle.query<IncidentView>(queries.state)).state
}

function counted(
  run: Omit<Parameters<typeof recordOf>[0], 'book'>,
  state: IncidentState,
): string | undefined {
  try {
    const record = recordOf({ ...run, book: state.runbook.book })
    return record && `${JSON.stringify(record)}\n`
  } catch {
    return undefined
  }
}

/** When an incident was over; undefined while it is open. */
export function closedAt(state: IncidentState, events: readonly IncidentEvent[]): string | undefined {
  if (!isOver(state)) return undefined
  const ended = events.findLast(({ type }) => type === 'cancelled')
  return state.closed?.at ?? ended?.at ?? events.at(-1)?.at
}

/** Temporal answers with the members of a map in whatever order: the same history must be the same file at every attempt. */
export function textOf(history: Parameters<typeof historyToJSON>[0]): string {
  return `${canonicalJson(JSON.parse(historyToJSON(history)))}\n`
}
