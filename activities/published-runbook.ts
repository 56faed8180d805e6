/** The runbook that a desk holds now, or an incident was opened with. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import { z } from 'zod'
import { type Failure, failure } from '../domain/failures.ts'
import { name } from '../domain/names.ts'
import { present } from '../domain/present.ts'
import { isEnd, type Phase } from '../domain/words.ts'
import type { Activities } from '../wire/activities.ts'
import { deskId, incidentsQueue, queries, type RunbookView } from '../wire/messages.ts'
import { parser } from './calls.ts'
import { refuse } from './refusal.ts'
import type { Shelves } from './signed-runbooks.ts'

const runbookCall = parser('publishedRunbook', z.object({ desk: name }))

/** As it comes: whatever stands there is looked at before it is believed. */
type Told = { readonly state: { readonly runbook: unknown; readonly phase: Phase } }

/** For whoever looks without an incident. */
export function runbookActivities(client: Client): Pick<Activities, 'publishedRunbook'> {
  return {
    async publishedRunbook(call) {
      const { desk } = runbookCall(call)
      const {
        runbook,
        lab,
        unresolved = [],
        withdrawn,
      } = await client.workflow.getHandle(deskId(desk)).query<RunbookView>(queries.runbook)
      if (runbook === undefined) return refuse('no-runbook')
      return { runbook, lab, unresolved, ...present({ withdrawn: withdrawn && why(desk, withdrawn) }) }
    },
  }
}

function why(runbook: string, { by, at, reason }: NonNullable<RunbookView['withdrawn']>): Failure {
  return failure('runbook-withdrawn', { runbook, by: by.id, at, reason })
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
        if (Date.now() + askedAgainAfterMs >= until) return refuse('no-worker', { queue: incidentsQueue })
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
      (await found(() => workflow.getHandle(deskId(runbook)).query<RunbookView>(queries.runbook)))?.runbook,
    ofIncident: (incident) =>
      found(async () => {
        const startedAtMs = await startedAt(incident)
        if (startedAtMs === undefined) return undefined
        const { state } = await workflow.getHandle(incident).query<Told>(queries.state)
        // It may run on, for its last checklist; nothing that a runbook says is done for it any more.
        return isEnd(state.phase) ? undefined : { runbook: state.runbook, startedAtMs }
      }),
  }
}
