import { applyWorkerRights, setNodeRoom } from '../cluster-setup.ts'
import { restoreDatabases } from '../databases/statefulsets.ts'
import { LabError } from '../failure.ts'
import type { Lab } from '../lab.ts'
import { stopOrder } from '../parts/index.ts'
import { isAlive } from '../process.ts'
import { restoreServices } from '../shodo/rollout.ts'
import { shodoNamespace } from '../shodo/services.ts'
import { recordedProcess } from '../state.ts'
import { forgetFaults } from './active.ts'
import { badDeploy } from './bad-deploy.ts'
import { postgresDown, redisDown } from './databases/down.ts'
import { healDatabases } from './databases/heal.ts'
import { redisFull } from './databases/redis-full.ts'
import { replicaGone, replicaLag } from './databases/replica.ts'
import { idleConnections, maxConnections } from './databases/sessions.ts'
import { tableDropped } from './databases/table-dropped.ts'
import { dead } from './dead.ts'
import { errors } from './errors.ts'
import type { Fault } from './fault.ts'
import { forbidden, rightToPatch } from './forbidden.ts'
import { allHealthy } from './health.ts'
import { hungHealth } from './hung-health.ts'
import { modelMissing } from './model-missing.ts'
import { oom } from './oom.ts'
import { pending } from './pending.ts'
import { slow } from './slow.ts'

export const faults: readonly Fault[] = [
  badDeploy,
  errors,
  slow,
  dead,
  oom,
  pending,
  hungHealth,
  forbidden,
  modelMissing,
  idleConnections,
  maxConnections,
  postgresDown,
  replicaLag,
  replicaGone,
  tableDropped,
  redisFull,
  redisDown,
]

export function findFault(name: string): Fault {
  const found = faults.find((fault) => fault.name === name)
  if (found) return found
  const [nearest] = faults.toSorted((a, b) => distance(a.name, name) - distance(b.name, name))
  const list = faults.map((fault) => `  ${fault.name.padEnd(20)} ${fault.description}`).join('\n')
  throw new LabError(
    `there is no fault "${name}"`,
    `did you mean "${nearest?.name}"? There are:\n${list}`,
    'usage',
  )
}

/** A worker that was killed holds its Lease until it expires; the next incident should not have to wait for that. */
const leases = `/apis/coordination.k8s.io/v1/namespaces/${shodoNamespace}/leases`

/** The world as `up` made it, whatever was broken or repaired in between. */
export async function healEverything(lab: Lab): Promise<void> {
  forgetFaults(lab.dir)
  await reviveParts(lab)
  const cluster = lab.cluster()
  // Pods that wait for a node cannot come up before there is room again.
  await setNodeRoom(cluster)
  await Promise.all([
    applyWorkerRights(cluster),
    restoreServices(cluster),
    restoreDatabases(cluster, lab.without).then(() => healDatabases(lab)),
    cluster.delete(leases),
  ])
  await rightToPatch(lab, true)
  await allHealthy(lab)
}

/** A part that a test has killed or stopped runs again; servers before those they serve. */
async function reviveParts(lab: Lab): Promise<void> {
  for (const part of stopOrder.flat().reverse()) {
    if (lab.without[part] !== undefined) continue
    const known = recordedProcess(lab.dir, part)
    if (known && isAlive(known)) await lab.kill(part, 'SIGCONT')
    else await lab.start(part)
  }
}

/** How many letters must be changed, added or taken away to get from one word to the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const substituted = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
