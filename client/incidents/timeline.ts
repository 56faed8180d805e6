/** The whole story of an incident: every run of its workflow, and the archive where Temporal has forgotten one. */
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import { firstBreak, type TimelineEvent } from '../../domain/timeline/chain.ts'
import { archivedSha256 } from '../../domain/timeline/kept-files.ts'
import { readPlain } from '../../edge/plain-file.ts'
import { refused } from '../../edge/refused.ts'
import { archiveFolder, eventsFile, runIn, runName } from '../../wire/archive.ts'
import { type IncidentView, queries, type TimelinePage } from '../../wire/messages.ts'
import { failureIn } from '../failure-in.ts'
import type { Temporal } from '../temporal/connect.ts'
import { isGone, refusalOf } from '../temporal/errors.ts'
import { queryWithin } from '../temporal/query.ts'
import { currentView } from './show.ts'

/** A page of an old run makes a worker replay that run first. */
const pageWithinMs = 8_000

/**
 * All events in order. `archive` is the folder of HIKESHI_ARCHIVE, looked into for runs that are gone from Temporal. What does not lead,
 * event by event, to the head that the workflow itself tells is not shown.
 */
export async function readTimeline(
  temporal: Temporal,
  incident: string,
  archive: string | undefined,
): Promise<readonly IncidentEvent[]> {
  for (;;) {
    const view = await currentView(temporal, incident)
    const events = await allEvents(temporal, incident, archive, view)
    if (isWhole(events, view)) return events
    // It may have gone on in another run while it was read.
    const { earlierRuns } = await currentView(temporal, incident)
    if (earlierRuns.length === view.earlierRuns.length) throw changed(events, view, incident)
  }
}

async function allEvents(
  temporal: Temporal,
  incident: string,
  archive: string | undefined,
  view: IncidentView,
): Promise<readonly IncidentEvent[]> {
  let events = await eventsFrom(temporal, incident, 1)
  // From the newest run back: what the archive has of a run is named by the runs after it.
  for (const [index, earlier] of [...view.earlierRuns.entries()].reverse()) {
    const of = { incident, run: index + 1, archive }
    events = [...(await earlierRun(temporal, of, earlier, events)), ...events]
  }
  return events
}

/** A gap, and what was changed since, is never shown as if it were the story. */
function isWhole(events: readonly IncidentEvent[], { head }: IncidentView): boolean {
  return (
    firstBreak(events as readonly TimelineEvent[]) === undefined && events[head.seq - 1]?.hash === head.hash
  )
}

function changed(events: readonly IncidentEvent[], { head }: IncidentView, incident: string): Error {
  const seq = firstBreak(events as readonly TimelineEvent[])?.seq ?? head.seq
  return refused('evidence-changed', { what: `event ${seq} of ${incident}` })
}

type EarlierRun = IncidentView['earlierRuns'][number]
type Of = { readonly incident: string; readonly run: number; readonly archive: string | undefined }

async function earlierRun(
  temporal: Temporal,
  of: Of,
  run: EarlierRun,
  later: readonly IncidentEvent[],
): Promise<readonly IncidentEvent[]> {
  try {
    return await eventsFrom(temporal, of.incident, run.firstSeq, run.runId)
  } catch (error) {
    const archived = of.archive === undefined ? undefined : await archivedRun(of.archive, of, run, later)
    if (archived !== undefined) return archived
    throw failureIn(error)?.name === 'unknown-incident' ? missingRun(of, run, later) : error
  }
}

/** The incident is known and goes on, or ended: what is not there is a run of it. */
function missingRun(
  { incident, run, archive }: Of,
  { firstSeq }: EarlierRun,
  later: readonly IncidentEvent[],
): Error {
  const about = { incident, run, from: firstSeq, to: (later[0]?.seq ?? firstSeq + 1) - 1 }
  if (archive === undefined) return refused('archive-not-set', about)
  const file = join(archiveFolder(archive, incident), eventsFile(runName(run)))
  return refused('archived-run-missing', { ...about, file })
}

/** The events of a run as they were put away, by the SHA-256 that the timeline holds; undefined where nothing lies there. */
async function archivedRun(
  archive: string,
  { incident, run }: Of,
  { runId }: EarlierRun,
  later: readonly IncidentEvent[],
): Promise<readonly IncidentEvent[] | undefined> {
  const folder = archiveFolder(archive, incident)
  const files = await readdir(folder).catch((): string[] => [])
  const wanted = archivedSha256(later as readonly TimelineEvent[], runId, 'events')
  let found: string | undefined
  for (const file of files.toSorted()) {
    const named = runIn(file)
    if (named?.run !== run || named.what !== 'events') continue
    found = file
    const bytes = await readPlain(join(folder, file))
    if (createHash('sha256').update(bytes).digest('hex') === wanted) return JSON.parse(bytes.toString('utf8'))
  }
  if (found === undefined) return undefined
  throw refused('evidence-changed', { what: join(folder, found) })
}

/** The events of one run from `fromSeq` on: the current run, or the one of `runId`. */
export async function eventsFrom(
  temporal: Temporal,
  incident: string,
  fromSeq: number,
  runId?: string,
): Promise<readonly IncidentEvent[]> {
  const events: IncidentEvent[] = []
  try {
    for (let next: number | undefined = fromSeq; next !== undefined; ) {
      const from: number = next
      const page: TimelinePage = await queryWithin(temporal, pageWithinMs, (client) =>
        client.workflow.getHandle(incident, runId).query<TimelinePage, [number]>(queries.timeline, from),
      )
      events.push(...page.events)
      next = page.nextSeq
    }
  } catch (error) {
    throw isGone(error)
      ? refused('unknown-incident', { incident }, { cause: error })
      : refusalOf(error, temporal.address)
  }
  return events
}
