/** What a worker process of the tests runs. */
import { startWorker } from '../../workers/main.ts'

const { TEST_WORKFLOWS: workflowsEntry } = process.env
const running = await startWorker(workflowsEntry === undefined ? {} : { workflowsEntry })
process.on('SIGTERM', running.stop)
console.log('polling')
await running.stopped
process.exit(0)
