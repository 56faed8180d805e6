/** Where the events of a post-mortem come from: a living incident, the archive, or a folder that was handed on. No re-execution is needed. */
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import type { Opening } from '../../domain/incident/open.ts'
import { openingFrom } from '../../domain/postmortem/opening.ts'
import { firstBreak, type TimelineEvent } from '../../domain/timeline/chain.ts'
import { refused } from '../../edge/refused.ts'
import { archiveFolder, runIn } from '../../wire/archive.ts'
import { failureIn } from '../failure-in.ts'
import { checkIncident } from '../incidents/commands.ts'
import type { Incidents } from '../incidents/incidents.ts'
import { toldByWorker } from '../incidents/shown.ts'
import { historiesIn } from '../replay/histories.ts'
import { type HistoryEvent, inputOf } from '../replay/recorded.ts'

export type Source = { readonly opening: Opening; readonly events: readonly IncidentEvent[] }

/** Of an incident by its id, or of a folder with its runs. Refuses where there is none, or where an event does not follow from the one before. */
export async function sourceOf(
  what: string,
  incidents: () => Promise<Incidents>,
  archive: string | undefined,
): Promise<Source> {
  const isFolder = await stat(what).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isFolder) return fromFolder(resolve(what))
  checkIncident(what)
  const from = await incidents()
  try {
    // One after the other: a workflow that has ended is read anew by the worker, and once is enough.
    const events = await from.timeline(what)
    const opening = openingFrom(events[0], toldByWorker(await from.show(what)).state)
    if (opening === undefined) throw refused('unknown-incident', { incident: what })
    return { opening, events }
  } catch (error) {
    if (archive === undefined || failureIn(error)?.name !== 'incident-archived') throw error
    return fromFolder(archiveFolder(archive, what))
  }
}

async function fromFolder(folder: string): Promise<Source> {
  const { histories, files = [] } = await historiesIn(folder)
  const events = files
    .filter(({ what }) => what === 'events')
    .toSorted((a, b) => numberOf(a.name) - numberOf(b.name))
    .flatMap(({ events }) => (Array.isArray(events) ? (events as readonly IncidentEvent[]) : []))
  const [history] = histories as readonly { readonly events?: readonly HistoryEvent[] }[]
  const input = inputOf(history?.events ?? [])
  const isOpening = typeof input === 'object' && input !== null && 'opening' in input
  if (events.length === 0 || !isOpening)
    throw refused('unknown-incident', { incident: basename(folder).slice(0, 60) })
  const opening = input.opening as Opening
  // The files may be anybody's, and the name becomes that of a file.
  checkIncident(String(opening.incident))
  const broken = firstBreak(events as readonly TimelineEvent[])
  if (broken !== undefined)
    throw refused('evidence-changed', { what: `event ${broken.seq} of ${basename(folder)}` })
  return { opening, events }
}

function numberOf(file: string): number {
  return runIn(file)?.run ?? 0
}
