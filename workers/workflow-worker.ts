/** A worker of Temporal's whose workflows run in a thread of ours (workflow-thread.ts). */
import { Worker as Thread } from 'node:worker_threads'
import { Worker } from '@temporalio/worker'
import { ThreadedVMWorkflowCreator, WorkerThreadClient } from '@temporalio/worker/lib/workflow/threaded-vm.js'
import { ownProgram } from './own-program.ts'

type Creates = (typeof Worker)['createWorkflowCreator']

export class WorkflowWorker extends Worker {
  protected static override async createWorkflowCreator(
    ...[workflowBundle, options, logger]: Parameters<Creates>
  ): ReturnType<Creates> {
    // Whoever looks on with an inspector has them on the main thread.
    if (options.debugMode) return Worker.createWorkflowCreator(workflowBundle, options, logger)
    const thread = new WorkerThreadClient(new Thread(ownProgram('workflow-thread')), logger)
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
