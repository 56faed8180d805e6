/** What a worker process of the tests runs. */
import { present } from '../../domain/present.ts'
import { startWorker } from '../../workers/main.ts'

const { TEST_WORKFLOWS: workflowsEntry } = process.env
const running = await startWorker(present({ workflowsEntry }))
process.on('SIGTERM', running.stop)
console.log('polling')
await running.stopped
process.exit(0)
