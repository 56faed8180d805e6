/** What is practised before it is needed: begun by somebody or by a Schedule, and waited for. */
import { drillId, incidentsQueue, rehearsalId } from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { refusalOf } from '../temporal/errors.ts'

/** Its workflow has the same name, and so has its Schedule. */
export type Practice = 'drill' | 'rehearse'

export const practiceId = { drill: drillId, rehearse: rehearsalId } as const

/** Its id; what it finds is awaited with `practiceEnded`. */
export async function startPractice(
  temporal: Temporal,
  practice: Practice,
  runbook: string,
): Promise<string> {
  const workflowId = practiceId[practice](runbook, crypto.randomUUID())
  const args = [{ desk: runbook }]
  try {
    await temporal.client.workflow.start(practice, { workflowId, taskQueue: incidentsQueue, args })
    return workflowId
  } catch (error) {
    throw refusalOf(error, temporal.address)
  }
}

export async function practiceEnded<Found>(temporal: Temporal, workflowId: string): Promise<Found> {
  try {
    return (await temporal.client.workflow.getHandle(workflowId).result()) as Found
  } catch (error) {
    throw refusalOf(error, temporal.address)
  }
}
