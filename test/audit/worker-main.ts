/**
 * A worker of the audit: the released one for workflows, pages and the archive, with room for three workflows instead of 200, so that
 * it reads them again all the time; beside it the hands of a cluster that nobody needs to build.
 */
import { NativeConnection, Worker } from '@temporalio/worker'
import { stepActivities } from '../../activities/step-activities.ts'
import { clusterQueue } from '../../wire/messages.ts'
import { withAttempt } from '../../workers/attempts.ts'
import { startWorker } from '../../workers/main.ts'
import { freeGuard } from '../activities/free-guard.ts'
import { auditHands } from './hands.ts'
import { cluster } from './runbook.ts'

const {
  TEMPORAL_ADDRESS: address = '',
  TEMPORAL_NAMESPACE: namespace = '',
  AUDIT_SEED: seed = '',
} = process.env

// Whatever else the released worker is made with stays as it is: the audit is of that one.
const { create } = Worker
Worker.create = function (options) {
  return create.call(this, { ...options, maxCachedWorkflows: 3 })
}

const running = await startWorker({ env: { ...process.env, HIKESHI_WORKER_ROLES: 'incidents' } })
const connection = await NativeConnection.connect({ address })
const hands = await Worker.create({
  connection,
  namespace,
  taskQueue: clusterQueue(cluster),
  activities: withAttempt(stepActivities(auditHands(seed), freeGuard, async () => {})),
})
const handsStopped = hands.run()
const stop = () => {
  running.stop()
  hands.shutdown()
}
process.on('SIGTERM', stop)
// The audit holds the other end: when it dies, however it dies, so do its workers.
process.stdin.resume().once('end', () => process.exit(1))
console.log('polling')
await Promise.all([running.stopped, handsStopped])
process.exit(0)
