import { incidentsQueue, type Looked, type LookInput, lookId } from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { refusalOf } from '../temporal/errors.ts'

/** Has a cluster's workers read something now; `at` names what, such as `shodo/backend`. After `answersWithinMs` it is given up. */
export async function look(
  temporal: Temporal,
  at: string,
  input: LookInput,
  answersWithinMs: number,
): Promise<Looked> {
  try {
    return await temporal.connection.withDeadline(Date.now() + answersWithinMs, () =>
      temporal.client.workflow.execute('look', {
        workflowId: lookId(at, crypto.randomUUID()),
        taskQueue: incidentsQueue,
        workflowExecutionTimeout: answersWithinMs,
        args: [input],
      }),
    )
  } catch (error) {
    throw refusalOf(error, temporal.address)
  }
}
