/** The runbook that a desk holds now, or an incident was opened with. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import { z } from 'zod'
import { name, type PublishedRunbook } from '../domain/runbook/runbook.ts'
import { isEnd, type Phase } from '../domain/words.ts'
import { parser } from './calls.ts'
import { refuse } from './refusal.ts'
import type { Shelves } from './signed-runbooks.ts'

export type RunbookCall = { readonly desk: string }
export type DeskRunbook = { readonly runbook: PublishedRunbook; readonly lab: boolean }

const runbookCall = parser('publishedRunbook', z.object({ desk: name }))

type RunbookView = { readonly runbook?: PublishedRunbook; readonly lab: boolean }
type IncidentView = { readonly state: { readonly runbook: unknown; readonly phase: Phase } }

/** For whoever looks without an incident. */
export function runbookActivities(client: Client) {
  return {
    async publishedRunbook(call: RunbookCall): Promise<DeskRunbook> {
      const { desk } = runbookCall(call)
      const { runbook, lab } = await client.workflow.getHandle(`desk/${desk}`).query<RunbookView>('runbook')
      return runbook === undefined ? refuse('no-runbook') : { runbook, lab }
    },
  }
}

/** A picture has 5 s. */
const answersWithinMs = 3_000
const askedAgainAfterMs = 100

/** Where a worker looks up what it is to believe. */
export function shelvesOf({ workflow, connection }: Client): Shelves {
  const found = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
    for (const until = Date.now() + answersWithinMs; ; await sleep(askedAgainAfterMs)) {
      try {
        return await connection.withDeadline(until, ask)
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined
        // A query that came too early is refused once.
        if (Date.now() + askedAgainAfterMs >= until) return refuse('no-worker', { queue: 'incidents' })
      }
    }
  }
  /** Undefined of what is no incident, or is over. */
  const startedAt = async (incident: string): Promise<number | undefined> => {
    const { raw, startTime, status, type } = await workflow.getHandle(incident).describe()
    if (status.name !== 'RUNNING' || type !== 'incident') return undefined
    const runId = raw.workflowExecutionInfo?.firstRunId
    // What Temporal has forgotten of it counts as if it had not been.
    const first = runId && (await found(() => workflow.getHandle(incident, runId).describe()))
    return (first || { startTime }).startTime.getTime()
  }
  return {
    ofDesk: async (runbook) =>
      (await found(() => workflow.getHandle(`desk/${runbook}`).query<RunbookView>('runbook')))?.runbook,
    ofIncident: (incident) =>
      found(async () => {
        const startedAtMs = await startedAt(incident)
        if (startedAtMs === undefined) return undefined
        const { state } = await workflow.getHandle(incident).query<IncidentView>('state')
        // It may run on, for its last checklist; nothing that a runbook says is done for it any more.
        return isEnd(state.phase) ? undefined : { runbook: state.runbook, startedAtMs }
      }),
  }
}
