/**
 * The thread in which a worker's workflows run: Temporal's own program for it, without two things that took a third of its time.
 *
 * The SDK gives each call into the sandbox a deadline, and Node starts a thread for each that watches over it; an activation is five such calls.
 * Here the whole activation has one deadline, as long as one of the SDK's. And for each promise the SDK notes where it was made, for a query that
 * Temporal's own screen can ask: that is answered with an error here.
 */
import { createContext, Script } from 'node:vm'
import { BaseVMWorkflow, globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js'

const atMostMs = 5_000

Object.assign(globalHandlers, { setPromiseHook: () => undefined })

const { runInContext } = Script.prototype
let isWatched = false
Script.prototype.runInContext = function (context, options = {}) {
  const { timeout, ...others } = options
  return runInContext.call(this, context, isWatched ? others : options)
}

const watched: { act: () => void } = { act: () => undefined }
const surroundings = createContext(watched)
const call = new Script('act()')
const { activate } = BaseVMWorkflow.prototype

/** All that it does in the sandbox it does before it first waits. What throws here fails the task, and Temporal hands it out again. */
BaseVMWorkflow.prototype.activate = async function (activation) {
  let completion: ReturnType<typeof activate> | undefined
  watched.act = () => {
    completion = activate.call(this, activation)
  }
  isWatched = true
  try {
    runInContext.call(call, surroundings, { timeout: atMostMs })
  } finally {
    isWatched = false
  }
  if (completion === undefined) throw new Error('the activation did not begin')
  return completion
}

await import('@temporalio/worker/lib/workflow/workflow-worker-thread.js')
