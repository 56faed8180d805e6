import { createServer } from 'node:net'
import { LabError } from './failure.ts'

/** Every listening port of a lab. They are consecutive, so a lab is one block and its state is one number. */
const order = [
  'temporal',
  'temporalHttp',
  'temporalMembership',
  'history',
  'historyMembership',
  'matching',
  'matchingMembership',
  'worker',
  'workerMembership',
  'etcd',
  'etcdPeer',
  'apiServer',
  'controllerManager',
  'scheduler',
  'kwok',
  'app',
  'postgresPrimary',
  'postgresReplica',
  'redis',
  'metricsServer',
  'prometheus',
  'alertmanager',
  'exporters',
  'postgresCopy',
] as const

export type Ports = Readonly<Record<(typeof order)[number], number>>

// Below Linux' range for outgoing connections (32768 and up): a port that a stopped part will want again
// must not be handed to somebody's outgoing connection meanwhile.
const lowest = 20_000
const highest = 32_000
const blockSize = 30

export function portsFrom(base: number): Ports {
  return Object.fromEntries(order.map((name, offset) => [name, base + offset])) as Ports
}

/** A free block of ports that none of the other labs owns. The caller keeps others from choosing at the same moment. */
export async function chooseBase(taken: ReadonlySet<number>): Promise<number> {
  const blocks = Math.floor((highest - lowest) / blockSize)
  const first = Math.floor(Math.random() * blocks)
  for (let i = 0; i < blocks; i++) {
    const base = lowest + ((first + i) % blocks) * blockSize
    if (!taken.has(base) && (await allFree(Object.values(portsFrom(base))))) return base
  }
  throw new LabError(
    `no ${order.length} free ports in a row between ${lowest} and ${highest}`,
    'take down labs you no longer need (hikeshi lab down --name N)',
  )
}

async function allFree(ports: readonly number[]): Promise<boolean> {
  return (await Promise.all(ports.map(isFree))).every(Boolean)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
