/** Archives on disk, as workers would have left them. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { recordOf } from '../../domain/figures/record.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { archiveFolder, eventsFile, historyFile, runName } from '../../wire/archive.ts'
import type { StoredIncident } from '../replay/histories.ts'

/** The runs of a stored incident, in a folder that is made. */
export async function putRuns(
  folder: string,
  { events, histories }: Pick<StoredIncident, 'events' | 'histories'>,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const begins = [0, ...events.flatMap(({ type }, index) => (type === 'continued' ? [index] : []))]
  for (const [index, history] of histories.entries()) {
    const stem = join(folder, runName(index + 1))
    await writeFile(historyFile(stem), `${JSON.stringify(history)}\n`)
    const own = events.slice(begins[index], begins[index + 1])
    // The last run continued after it was put away.
    const away = own.findIndex(({ type, data }) => type === 'archived' && Object(data).run === index + 1)
    await writeFile(eventsFile(stem), `${JSON.stringify(away < 0 ? own : own.slice(0, away))}\n`)
  }
}

/** What is counted of an incident of one run. */
export async function putFigures(
  archive: string,
  incident: string,
  events: readonly IncidentEvent[],
  book: Runbook,
): Promise<void> {
  const folder = archiveFolder(archive, incident)
  await mkdir(folder, { recursive: true })
  const record = recordOf({ incident, run: 1, runId: `run-of-${incident}`, events, book })
  await writeFile(join(folder, 'run-0001.figures.json'), JSON.stringify(record))
}
