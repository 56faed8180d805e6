import type { Client } from '@temporalio/client'

/** What Temporal keeps of workflows. */
export type Footprint = { readonly events: number; readonly bytes: number; readonly runs: number }

/** Over all runs of all of them. */
export async function footprint(client: Client, workflowIds: readonly string[]): Promise<Footprint> {
  let [events, bytes, runs] = [0, 0, 0]
  for (const workflowId of workflowIds) {
    for (let runId: string | undefined = ''; runId !== undefined; runs += 1) {
      const run = await client.workflow.getHandle(workflowId, runId || undefined).describe()
      events += run.historyLength
      bytes += run.historySize ?? 0
      runId = await runBefore(client, workflowId, run.runId)
    }
  }
  return { events, bytes, runs }
}

async function runBefore(client: Client, workflowId: string, runId: string): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  })
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes
  return started?.continuedExecutionRunId || undefined
}
