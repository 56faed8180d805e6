/** Whether a workflow still gets anywhere. */
import type { Client } from '@temporalio/client'

/** A worker or two that died with the task in hand; what is tried more often fails for good. */
const mostAttempts = 4

/** The attempt of its task, where that is tried again and again: nobody waits for such a workflow. */
export async function hopeless(client: Client, workflow: string): Promise<number | undefined> {
  const { raw } = await client.workflow.getHandle(workflow).describe()
  const attempt = raw.pendingWorkflowTask?.attempt ?? 0
  return attempt > mostAttempts ? attempt : undefined
}
