import { type Stuck, stuckAmong } from '../../wire/server/stuck.ts'
import type { Temporal } from './connect.ts'

const describedWithinMs = 2_000

/**
 * Whether the task of a workflow really fails again and again. Temporal says "in failed state" also of one that only waited for a worker
 * that was starting, or too busy to read it in time.
 */
export async function stuckIndeed(temporal: Temporal, workflow: string): Promise<Stuck | undefined> {
  const { runId: run, type } = await temporal.connection.withDeadline(Date.now() + describedWithinMs, () =>
    temporal.client.workflow.getHandle(workflow).describe(),
  )
  const [stuck] = await stuckAmong(temporal, [], [{ workflow, run, type }])
  return stuck
}
