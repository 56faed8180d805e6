// The lab's kubelet for pods with a real process behind them (label hikeshi.lab/process): a PostgreSQL or Redis starts when its
// pod is bound to a node, is restarted when it dies, and ends when the pod goes. The pod is Ready when the process answers.
// It also plays the exporters beside them.
// Started by the lab as: node main.mjs LAB-FOLDER API-SERVER-PORT
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCluster } from '../shodo/cluster.mjs'
import { openLogFiles } from '../shodo/log-files.mjs'
import { watchPods } from '../shodo/pods.mjs'
import { openBackups } from './backups.mjs'
import { openContainer } from './container.mjs'
import { serveMetrics } from './exporters.mjs'
import { openJobPods } from './job-pods.mjs'
import { openStatus } from './pod-status.mjs'
import { postgresPrograms } from './postgres.mjs'
import { redisProgram } from './redis.mjs'

const [dir, apiServerPort] = process.argv.slice(2)
const settings = JSON.parse(readFileSync(join(dir, 'node-agent.json'), 'utf8'))
const secret = (name) => readFileSync(join(dir, 'secrets', name), 'utf8')
const cluster = openCluster(dir, Number(apiServerPort))
const logs = openLogFiles(dir, cluster)
const backups = settings.backups && openBackups(settings)
const programs = {
  ...(settings.postgres ? postgresPrograms(settings, secret, backups) : {}),
  ...(settings.redis ? { 'redis-master': redisProgram(settings, secret) } : {}),
}

/** Faults may keep the process of one certain pod down; the file is read each time, so nobody has to be told. */
function isHeld(uid) {
  try {
    const faults = JSON.parse(readFileSync(join(dir, 'faults.json'), 'utf8'))
    return Object.values(faults).some(({ hold }) => hold === uid)
  } catch {
    return false
  }
}

const containers = new Map(
  Object.entries(programs).map(([name, program]) => [
    name,
    openContainer({ program, status: openStatus(cluster), logs, isHeld }),
  ]),
)

serveMetrics(settings.ports.exporters, programs)

const pods = watchPods(cluster, 'hikeshi.lab/process', () => {
  for (const [name, container] of containers) {
    const mine = [...pods.values()].find(
      ({ metadata, spec, status }) =>
        metadata.labels['hikeshi.lab/process'] === name &&
        !metadata.deletionTimestamp &&
        spec.nodeName &&
        status.podIP,
    )
    container.want(mine)
  }
  writeFileSync(join(dir, 'node-agent.ready'), String(process.pid))
})

const jobPods = settings.postgres && openJobPods({ dir, settings, cluster, logs })
const ofJobs =
  jobPods &&
  watchPods(cluster, 'app.kubernetes.io/managed-by=hikeshi', () => jobPods.want([...ofJobs.values()]))

process.once('SIGTERM', async () => {
  // First, or it would take its server's end for a reason to try again.
  await backups?.end()
  await Promise.all([jobPods?.end(), ...[...containers.values()].map((container) => container.end())])
  process.exit(0)
})
