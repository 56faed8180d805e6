/**
 * Puts one run of an incident away: its history (what replay re-executes) and its events (what people read), each with its SHA-256.
 * Temporal forgets a run when its retention is over, which counts from the end of each run, also while the incident goes on.
 */
import { createHash } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Context } from '@temporalio/activity'
import type { Client } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import type { IncidentEvent } from '../../domain/incident/events.ts'
import type { Json, Receipt } from '../../domain/words.ts'
import { makeFolder } from '../../edge/folder.ts'

export type ArchiveCall = {
  readonly incident: string
  readonly run: number
  readonly runId: string
  /** The timeline's head when the call was scheduled. */
  readonly head: Receipt
}

type TimelinePage = { readonly events: readonly IncidentEvent[]; readonly nextSeq?: number }

/** `directory` undefined: nothing is kept, and the timeline says so. Safe to repeat: the same run gives the same two files. */
export function archiveActivities({ client, directory }: { client: Client; directory: string | undefined }) {
  return {
    async archiveRun({ incident, run, runId }: ArchiveCall): Promise<Json> {
      if (directory === undefined) return { kept: false, why: 'HIKESHI_ARCHIVE is not set on this worker' }
      const activity = Context.current()
      const life = setInterval(() => activity.heartbeat(), 2_000)
      // A worker that stops cannot answer its own question: it ends here, and the next worker archives.
      return client
        .withAbortSignal(activity.cancellationSignal, async () => {
          const handle = client.workflow.getHandle(incident, runId)
          const folder = join(directory, incident)
          await makeFolder(folder, 0o700)
          const name = `run-${String(run).padStart(4, '0')}`
          const history = historyToJSON(await handle.fetchHistory())
          const events: IncidentEvent[] = []
          for (let from: number | undefined = 0; from !== undefined; ) {
            const page: TimelinePage = await handle.query<TimelinePage, [number]>('timeline', from)
            events.push(...page.events)
            from = page.nextSeq
          }
          return {
            kept: true,
            events: events.length,
            historySha256: await put(join(folder, `${name}.history.json`), history),
            eventsSha256: await put(join(folder, `${name}.events.json`), `${JSON.stringify(events)}\n`),
          }
        })
        .finally(() => clearInterval(life))
    },
  }
}

/** Whole or not at all: written beside and renamed. Returns the SHA-256 of the content. */
async function put(file: string, content: string): Promise<string> {
  const beside = `${file}.${process.pid}.tmp`
  await writeFile(beside, content, { mode: 0o600, flush: true })
  await rename(beside, file)
  return createHash('sha256').update(content).digest('hex')
}
