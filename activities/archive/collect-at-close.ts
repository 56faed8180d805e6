/**
 * What can only be had while it is there still (manifests, figures of databases, curves) is collected as soon as an incident is closed, by its
 * cluster's workers. It is a workflow of its own: it outlives any worker and waits for one, and nothing of the incident waits for it.
 */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { timeAround } from '../../domain/evidence/about.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { atClose, collectionOf } from '../../wire/archive.ts'
import { type CollectInput, incidentsQueue, lookId } from '../../wire/messages.ts'

/** Safe to repeat: it is begun once. Answers where it will lie, below the archive. */
export async function collectAtClose(
  client: Client,
  state: IncidentState,
  closedAtMs: number,
): Promise<string> {
  const { id, service, runbook } = state
  const desk = runbook.book.runbook
  const order: CollectInput = {
    desk,
    service,
    of: id,
    id: atClose,
    objects: true,
    databases: true,
    curves: timeAround(state, closedAtMs),
    waits: true,
  }
  try {
    await client.workflow.start('collect', {
      workflowId: lookId(`${desk}/evidence`, id),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      taskQueue: incidentsQueue,
      args: [order],
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
  return collectionOf(id, atClose)
}
