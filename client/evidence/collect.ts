/** Has a cluster's workers put what Kubernetes says now into the archive. */
import type { Collected } from '../../wire/activities.ts'
import { type CollectInput, incidentsQueue, lookId } from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { refusalOf } from '../temporal/errors.ts'

/** Logs of an hour of a large service come in minutes; what takes longer than this goes on without us. */
const answersWithinMs = 1_800_000

export async function collect(temporal: Temporal, order: Omit<CollectInput, 'id'>): Promise<Collected> {
  const id = crypto.randomUUID()
  try {
    return await temporal.connection.withDeadline(Date.now() + answersWithinMs, () =>
      temporal.client.workflow.execute('collect', {
        workflowId: lookId(`${order.desk}/evidence`, id),
        taskQueue: incidentsQueue,
        workflowExecutionTimeout: answersWithinMs,
        args: [{ ...order, id }],
      }),
    )
  } catch (error) {
    throw refusalOf(error, temporal.address)
  }
}
