/** Where in an archive a run of a workflow lies: a folder for each workflow, two files for each run, and of an incident's a third. */

export const contents = ['history', 'events'] as const

/** `desk/shodo` lies one folder deeper than `shodo-1`. */
export function archiveFolder(directory: string, workflow: string): string {
  return `${directory.replace(/\/+$/, '')}/${workflow}`
}

/** Where the logs lie that were followed while the incident was open. */
export function logsFolder(directory: string, workflow: string): string {
  return `${archiveFolder(directory, workflow)}/logs`
}

/** In the folder of a pod's logs: whose pod it is, `deployment/shodo-backend`. */
export const workloadFile = 'workload'

/** Where recordings lie of what people ran by hand. */
export function recordingsFolder(directory: string, workflow: string): string {
  return `${archiveFolder(directory, workflow)}/recordings`
}

/** The name of what is collected when an incident is closed. */
export const atClose = 'close'

/** Where a collection lies below the archive: beside the runs of an incident, or by itself. */
export function collectionOf(incident: string | undefined, id: string): string {
  return `${incident === undefined ? '' : `${incident}/`}collected/${id}`
}

/** In a collection: what its worker says of it, and what it could not have. */
export const collectedFile = 'collected.json'

/** Where the log of heads lies (docs/transparency.md): static files, for everybody to read. */
export function transparencyFolder(directory: string): string {
  return `${directory.replace(/\/+$/, '')}/transparency`
}

/** The folder of a collection, by its path below the archive. */
export function collectionFolder(directory: string, collection: string): string {
  return `${directory.replace(/\/+$/, '')}/${collection}`
}

/** What a log is called in a bundle, by its path below the folder of logs. */
export function logPath(log: string): string {
  return `logs/${log}.log`
}

/** `run-0001`; what else lies under that number has its own run id in its name as well. */
export function runName(run: number): string {
  return `run-${String(run).padStart(4, '0')}`
}

/** `run-0001.history.json`. */
export function historyFile(stem: string): string {
  return `${stem}.history.json`
}

/** `run-0001.events.json`. */
export function eventsFile(stem: string): string {
  return `${stem}.events.json`
}

/** Number and whole stem of a file's name, `run-0001.history.json` or `run-0001.1f2e….history.json`; undefined for any other. */
export function runIn(
  file: string,
): { readonly run: number; readonly stem: string; readonly what: (typeof contents)[number] } | undefined {
  const [, stem, digits, what] = /^(run-(\d{4,})(?:\.[0-9a-f-]+)*)\.(history|events)\.json$/.exec(file) ?? []
  if (stem === undefined || digits === undefined) return undefined
  return { run: Number(digits), stem, what: what === 'events' ? 'events' : 'history' }
}

/** Whether a file holds what is counted of a run (domain/figures/record.ts): `run-0001.figures.json`. It proves nothing, so no proof reads it. */
export function isFigures(file: string): boolean {
  return /^run-\d{4,}(?:\.[0-9a-f-]+)*\.figures\.json$/.test(file)
}
