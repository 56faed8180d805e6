/** Where the histories of a workflow's runs come from: Temporal as long as it keeps them, the archive ever after. */
import type { Client } from '@temporalio/client'
import { WorkflowNotFoundError } from '@temporalio/common'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import type { KeptFile } from '../../domain/timeline/kept-files.ts'
import type { Source } from '../../domain/timeline/whole.ts'
import { filesIn, type Kept, keptIn, keptOf, type RunFiles, storyIn } from './kept.ts'
import { outlineOf } from './outline.ts'

/** All that there is to prove a story with. */
export type Evidence = {
  /** Temporal's JSON of each run. */
  readonly histories: readonly unknown[]
  /** `over` where it is not said: it must have an end. */
  readonly source?: Source
  /** Of each history the number in the name of its file, where it comes from one. */
  readonly named?: readonly (number | undefined)[]
  readonly files?: readonly KeptFile[]
  /** Histories of what was before a reset. */
  readonly formerRuns?: readonly unknown[]
  /** Files of the archive that cannot be read. */
  readonly unreadable?: readonly string[]
  /** Other stories under the same name, by their first run: a number that was given out twice. */
  readonly others?: readonly string[]
}

/** Of a workflow, by its id. No histories where nobody knows it. */
export async function historiesOf(
  workflow: string,
  client: Client,
  archive: string | undefined,
): Promise<Evidence> {
  const kept = await keptOf(workflow, archive)
  const runs = await fromTemporal(client, workflow)
  if (runs.length === 0) return fromArchive(kept)
  const known = new Set(runs.map((run) => outlineOf(run)?.runId))
  const story = storyIn(kept.runs, outlineOf(runs.at(-1))?.chain, runs)
  const forgotten = story.runs.filter(({ outline }) => !known.has(outline.runId))
  const formerRuns = await formerRunsOf(client, workflow, runs)
  return {
    histories: [...forgotten.map(({ history }) => history), ...runs],
    named: forgotten.map(({ run }) => run),
    source: outlineOf(runs.at(-1))?.end === 'none' ? 'running' : 'over',
    files: story.runs.flatMap(({ files }) => files),
    formerRuns,
    unreadable: kept.unreadable,
    others: story.others,
  }
}

/** Of a folder alone: an archive's, or one that was handed on. */
export function historiesIn(folder: string): Promise<Evidence> {
  return historiesAt(filesIn(folder))
}

/** Of files alone, wherever they lie. */
export async function historiesAt(files: RunFiles): Promise<Evidence> {
  return fromArchive(await keptIn(files))
}

function fromArchive(kept: Kept): Evidence {
  const { runs, others } = storyIn(kept.runs, undefined)
  return {
    histories: runs.map(({ history }) => history),
    named: runs.map(({ run }) => run),
    source: 'archive',
    files: runs.flatMap(({ files }) => files),
    unreadable: kept.unreadable,
    others,
  }
}

/** Oldest first, as many as Temporal still has. */
async function fromTemporal(client: Client, workflow: string): Promise<readonly unknown[]> {
  const newest = await newestRun(client, workflow)
  const runs = newest === undefined ? [] : [newest]
  for (let runId = outlineOf(newest)?.follows; runId !== undefined; runId = outlineOf(runs[0])?.follows) {
    const history = await historyOfRun(client, workflow, runId)
    if (history === undefined) break
    runs.unshift(history)
  }
  return runs
}

/** It may go on in another run while it is read. */
async function newestRun(client: Client, workflow: string, tries = 3): Promise<unknown> {
  const history = await historyOfRun(client, workflow, '')
  const isOutdated = outlineOf(history)?.end === 'continued' && tries > 1
  return isOutdated ? newestRun(client, workflow, tries - 1) : history
}

/** What a reset has left behind, as long as Temporal keeps it. */
async function formerRunsOf(
  client: Client,
  workflow: string,
  runs: readonly unknown[],
): Promise<readonly unknown[]> {
  const ids = new Set(
    runs.flatMap((run) => outlineOf(run)?.resets ?? []).map(({ formerRunId }) => formerRunId),
  )
  const former = await Promise.all([...ids].map((runId) => historyOfRun(client, workflow, runId)))
  return former.filter((history) => history !== undefined)
}

async function historyOfRun(client: Client, workflow: string, runId: string): Promise<unknown> {
  try {
    const handle = client.workflow.getHandle(workflow, runId === '' ? undefined : runId)
    return JSON.parse(historyToJSON(await handle.fetchHistory()))
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
}
