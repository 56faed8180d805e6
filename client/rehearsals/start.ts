/** A rehearsal that somebody asks for: begun, and waited for. */
import type { RehearsalReport } from '../../domain/rehearsal/rehearsal.ts'
import { incidentsQueue, type RehearseInput, rehearsalId } from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { refusalOf } from '../temporal/errors.ts'

/** Its id; what it finds is awaited with `rehearsalEnded`. */
export async function startRehearsal(temporal: Temporal, runbook: string): Promise<string> {
  const workflowId = rehearsalId(runbook, crypto.randomUUID())
  const args: [RehearseInput] = [{ desk: runbook }]
  try {
    await temporal.client.workflow.start('rehearse', { workflowId, taskQueue: incidentsQueue, args })
    return workflowId
  } catch (error) {
    throw refusalOf(error, temporal.address)
  }
}

export async function rehearsalEnded(temporal: Temporal, rehearsal: string): Promise<RehearsalReport> {
  try {
    return await temporal.client.workflow.getHandle(rehearsal).result()
  } catch (error) {
    throw refusalOf(error, temporal.address)
  }
}
