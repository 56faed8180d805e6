/** What a worker process of the kill tests runs. */
import { startWorker } from '../../workers/main.ts'

const running = await startWorker()
process.on('SIGTERM', running.stop)
console.log('polling')
await running.stopped
process.exit(0)
