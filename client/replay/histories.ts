/** Where the histories of an incident's runs come from: Temporal as long as it keeps them, the archive ever after. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '@temporalio/client'
import { WorkflowNotFoundError } from '@temporalio/common'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'

/** Temporal's JSON of each run, oldest first. Empty when nobody knows the incident. */
export async function historiesOf(
  incident: string,
  client: Client,
  archive: string | undefined,
): Promise<readonly unknown[]> {
  const kept = await archivedHistories(incident, archive)
  const runs: unknown[] = []
  for (let runId: string | undefined = ''; runId !== undefined; ) {
    const history = await historyOfRun(client, incident, runId)
    if (history === undefined) break
    runs.unshift(history)
    runId = runBefore(history)
  }
  // What Temporal has forgotten is always the oldest part; an archived run has the id of the run after it in its last event.
  const known = new Set(runs.map(runIdIn))
  return [...kept.filter((history) => !known.has(runIdIn(history))), ...runs]
}

/** The histories that an archive folder (or an unpacked bundle) holds for an incident, oldest first. */
export async function archivedHistories(
  incident: string,
  archive: string | undefined,
): Promise<readonly unknown[]> {
  const folder = archive === undefined ? undefined : join(archive, incident)
  if (folder === undefined || !existsSync(folder)) return []
  const files = (await readdir(folder)).filter((file) => file.endsWith('.history.json')).sort()
  return Promise.all(
    files.map(async (file): Promise<unknown> => JSON.parse(await readFile(join(folder, file), 'utf8'))),
  )
}

async function historyOfRun(client: Client, incident: string, runId: string): Promise<unknown> {
  try {
    const handle = client.workflow.getHandle(incident, runId === '' ? undefined : runId)
    return JSON.parse(historyToJSON(await handle.fetchHistory()))
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
}

type Started = { originalExecutionRunId?: string; continuedExecutionRunId?: string }

function started(history: unknown): Started {
  const { events } = history as { events: { workflowExecutionStartedEventAttributes?: Started }[] }
  return events[0]?.workflowExecutionStartedEventAttributes ?? {}
}

function runBefore(history: unknown): string | undefined {
  return started(history).continuedExecutionRunId || undefined
}

/** The run's own id, by which the archive's copy and Temporal's are known to be the same run. */
function runIdIn(history: unknown): string {
  return started(history).originalExecutionRunId ?? ''
}
