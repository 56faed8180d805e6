/** Bare Temporal beside the storm: the same messages as updates of one workflow that only counts them. */
import { fileURLToPath } from 'node:url'
import { NativeConnection, Worker } from '@temporalio/worker'
import { type WorkflowBundle, workflowBundle } from '../../workers/bundle.ts'
import { type Here, timed } from '../figure.ts'
import type { Alert } from './alerts.ts'

/** The server's own limit of updates in flight on one workflow. */
const inFlight = 10
const taskQueue = 'bare'

/** Updates a second. `then` has the workflow while it is still there. */
export async function bareUpdates(
  { lab, client }: Here,
  alerts: readonly Pick<Alert, 'body'>[],
  then: (workflowId: string) => Promise<void> = async () => {},
): Promise<number> {
  const connection = await NativeConnection.connect({ address: lab.temporal.address })
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: await bareBundle(),
  })
  const running = worker.run()
  const workflowId = `bare-${process.pid}`
  const workflow = await client.workflow.start('bare', { workflowId, taskQueue, args: [0] })
  try {
    const waiting = alerts.values()
    const sender = async () => {
      for (const { body } of waiting) await hear(body)
    }
    // An update that comes while the workflow continues as new is sent again, as ours are.
    const hear = async (body: string, attempt = 1): Promise<unknown> =>
      client.workflow
        .getHandle(workflowId)
        .executeUpdate<number, [string]>('hear', { args: [body] })
        .catch((error: unknown) => {
          if (attempt === 5) throw error
          return hear(body, attempt + 1)
        })
    const ms = await timed(() => Promise.all(Array.from({ length: inFlight }, sender)))
    await then(workflowId)
    return (alerts.length * 1_000) / ms
  } finally {
    await client.workflow.getHandle(workflow.workflowId).terminate('measured')
    worker.shutdown()
    await running
    await connection.close()
  }
}

export function bareBundle(): Promise<WorkflowBundle> {
  return workflowBundle(fileURLToPath(new URL('./bare-workflow.ts', import.meta.url)))
}
