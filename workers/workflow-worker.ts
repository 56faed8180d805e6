/** A worker of Temporal's whose workflows run in a thread of ours (workflow-thread.ts). */
import { existsSync } from 'node:fs'
import { Worker as Thread } from 'node:worker_threads'
import { Worker } from '@temporalio/worker'
import { ThreadedVMWorkflowCreator, WorkerThreadClient } from '@temporalio/worker/lib/workflow/threaded-vm.js'

type Creates = (typeof Worker)['createWorkflowCreator']

export class WorkflowWorker extends Worker {
  protected static override async createWorkflowCreator(
    ...[workflowBundle, options, logger]: Parameters<Creates>
  ): ReturnType<Creates> {
    // Whoever looks on with an inspector has them on the main thread.
    if (options.debugMode) return Worker.createWorkflowCreator(workflowBundle, options, logger)
    const thread = new WorkerThreadClient(new Thread(ownProgram()), logger)
    await thread.send({
      type: 'init',
      workflowBundle,
      isolateExecutionTimeoutMs: options.isolateExecutionTimeoutMs,
      reuseV8Context: true,
      registeredActivityNames: new Set(options.activities.keys()),
      hasPatchActivationCallback: false,
    })
    return new ThreadedVMWorkflowCreator([thread])
  }
}

/** In a release and among the sources. */
function ownProgram(): URL {
  const released = new URL('workflow-thread.js', import.meta.url)
  return existsSync(released) ? released : new URL('workflow-thread.ts', import.meta.url)
}
