/** The whole story of an incident: every run of its workflow, and the archive where Temporal has forgotten one. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { IncidentEvent } from '../domain/incident/events.ts'
import { type IncidentView, queries, type TimelinePage } from '../workflows/messages.ts'
import type { Temporal } from './connect.ts'
import { queryWithin } from './query.ts'
import { refused } from './refused.ts'
import { currentView } from './show.ts'
import { isGone, refusalOf } from './temporal-errors.ts'

/** A page of an old run makes a worker replay that run first. */
const pageWithinMs = 8_000

/** All events in order. `archive` is the folder of HIKESHI_ARCHIVE, looked into for runs that are gone from Temporal. */
export async function readTimeline(
  temporal: Temporal,
  incident: string,
  archive: string | undefined,
): Promise<readonly IncidentEvent[]> {
  const view = await currentView(temporal, incident)
  const events: IncidentEvent[] = []
  for (const [index, { runId, firstSeq }] of view.earlierRuns.entries()) {
    const of = { incident, run: index + 1, archive }
    events.push(...(await earlierRun(temporal, of, runId, firstSeq)))
  }
  const last = events.at(-1)?.seq ?? 0
  events.push(...(await eventsFrom(temporal, incident, last + 1)))
  return events.map((event, index) => inPlace(event, index, view, incident))
}

/** A gap is never shown as if it were the whole story. */
function inPlace(event: IncidentEvent, index: number, view: IncidentView, incident: string): IncidentEvent {
  if (event.seq === index + 1) return event
  throw refused('internal', {
    where: `timeline of ${incident}`,
    reason: `event ${index + 1} of ${view.head.seq} is missing; found ${event.seq} in its place`,
  })
}

async function earlierRun(
  temporal: Temporal,
  of: { readonly incident: string; readonly run: number; readonly archive: string | undefined },
  runId: string,
  firstSeq: number,
): Promise<readonly IncidentEvent[]> {
  try {
    return await eventsFrom(temporal, of.incident, firstSeq, runId)
  } catch (error) {
    const archived = of.archive === undefined ? undefined : await archivedRun(of.archive, of.incident, of.run)
    if (archived !== undefined) return archived
    throw error
  }
}

async function archivedRun(
  archive: string,
  incident: string,
  run: number,
): Promise<readonly IncidentEvent[] | undefined> {
  const file = join(archive, incident, `run-${String(run).padStart(4, '0')}.events.json`)
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'))
    return content as readonly IncidentEvent[]
  } catch {
    return undefined
  }
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
