/**
 * A change of every kind that there is, to be cut short at each of its points: what is asked for, how the deed itself is seen on its way,
 * and how often it was done.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Place, siteOf } from './place.ts'

export const points = {
  plan: 'while it is planned',
  before: 'before the deed',
  done: 'done, and not said',
  verify: 'while it is verified',
} as const
export type Point = keyof typeof points

export type Deed = {
  readonly kind: string
  readonly with: (point: Point, place: Place) => Readonly<Record<string, unknown>>
  /** The request to Kubernetes that is the deed. */
  readonly isDeed?: (method: string, path: string) => boolean
  /** Of a deed on something else: what is sent there for it. */
  readonly isSent?: RegExp
  /** How often it was done. */
  readonly times: (place: Place) => Promise<number>
  readonly points: readonly Point[]
}

export const all = Object.keys(points) as Point[]
/** Where the program that is run in a container leaves a line. */
export const ranFile = (point: Point) => join(tmpdir(), `hikeshi-${process.pid}-${point}`)
const patches = (name: string) => (method: string, path: string) =>
  method === 'PATCH' && path.includes(`/deployments/${name}`) && !path.includes('dryRun')
const templateOf = async ({ world }: Place, name: string) =>
  (await world.read(name)).spec.template.spec.containers[0]

/** By the name of their workload, or of their connection. */
export const deeds: Readonly<Record<string, Deed>> = {
  scaled: {
    kind: 'kubernetes.scale',
    with: () => ({ deployment: 'scaled', replicas: 3 }),
    isDeed: patches('scaled'),
    times: async ({ world }) => (await world.read('scaled')).spec.replicas - 2,
    points: all,
  },
  restarted: {
    kind: 'kubernetes.rollout-restart',
    with: () => ({ deployment: 'restarted' }),
    isDeed: patches('restarted'),
    times: async ({ world }) =>
      (await world.replicaSets()).filter(({ metadata }) => metadata.name.startsWith('restarted-')).length - 1,
    points: all,
  },
  rolled: {
    kind: 'kubernetes.rollout-undo',
    with: () => ({ deployment: 'rolled' }),
    isDeed: patches('rolled'),
    times: async (place) => ((await templateOf(place, 'rolled'))?.image === 'web:1' ? 1 : 0),
    points: all,
  },
  sized: {
    kind: 'kubernetes.set-resources',
    with: () => ({ deployment: 'sized', limits: { memory: '256Mi' } }),
    isDeed: patches('sized'),
    times: async (place) =>
      (await templateOf(place, 'sized'))?.resources.limits?.memory === '256Mi' ? 1 : 0,
    points: all,
  },
  replaced: {
    kind: 'kubernetes.delete-pods',
    with: () => ({ selector: 'app=replaced' }),
    isDeed: (method, path) =>
      path.includes('/pods/replaced-') && (method === 'DELETE' || path.includes('/eviction')),
    times: async ({ world, podsBefore }) => {
      const left = (await world.pods()).filter(({ metadata }) => !('deletionTimestamp' in metadata))
      return podsBefore.filter((name) => !left.some(({ metadata }) => metadata.name === name)).length
    },
    points: all,
  },
  ran: {
    kind: 'kubernetes.exec',
    with: (point) => ({
      deployment: 'ran',
      argv: ['sh', '-c', `echo once >> ${ranFile(point)}`],
      within: 30_000,
    }),
    isDeed: (_, path) => path.includes('/pods/ran-') && path.includes('/exec'),
    times: ({ programRuns }) => programRuns(),
    // Its verification asks nobody.
    points: ['plan', 'before', 'done'],
  },
  rebuilt: {
    kind: 'postgres.rebuild-replica',
    with: () => ({ pod: 'rebuilt-0', primary: 'primary', replica: 'replica' }),
    isDeed: (method, path) =>
      path.includes('/pods/rebuilt-') && (method === 'DELETE' || path.includes('/eviction')),
    times: async ({ replica }) => ((await replica.now()) === replica.uid ? 0 : 1),
    points: all,
  },
  terminated: {
    kind: 'postgres.terminate-idle',
    with: () => ({ connection: 'terminated', olderThan: 1 }),
    isSent: /pg_terminate_backend\(a\.pid\)/,
    times: async ({ sessions }) => 1 - (await sessions()),
    points: all,
  },
  limited: {
    kind: 'redis.set-memory',
    with: () => ({ connection: 'limited', maxmemory: '64mb' }),
    isSent: /config\r\n\$\d+\r\nset/i,
    times: async ({ redis }) => {
      const [, set] = (await redis.redis.config('GET', 'maxmemory')) as string[]
      return set === '0' ? 0 : 1
    },
    points: all,
  },
  flushed: {
    kind: 'redis.flushdb',
    with: () => ({ connection: 'flushed' }),
    isSent: /flushdb/i,
    times: async ({ redis }) => 1 - (await redis.redis.exists('cached')),
    points: all,
  },
  loaded: {
    kind: 'http.load',
    with: (_, place) => ({ url: siteOf(place), requests: 1, concurrency: 1 }),
    isSent: /^GET /,
    times: async ({ requests }) => requests(),
    // Its plan and its verification ask nobody.
    points: ['before', 'done'],
  },
}
