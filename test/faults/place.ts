/** What the deeds of one point are done to, and nobody else's: so all points can be tried side by side. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { connectionsOf } from '../../activities/connections-file.ts'
import { handsOf } from '../../activities/hands.ts'
import { kubernetesApi } from '../../activities/kubernetes/index.ts'
import { said } from '../../domain/words.ts'
import type { Lab } from '../../lab/index.ts'
import { until } from '../../lab/waiting.ts'
import { deploying } from '../activities/kubernetes/world.ts'
import { password as postgresPassword, type Server } from '../activities/postgres/cluster.ts'
import { type RedisServer, password as redisPassword, startRedis } from '../activities/redis/server.ts'
import { openPipe, type Pipe } from './pipe.ts'

/**
 * Of each point's own: a namespace with a workload for each deed on Kubernetes, databases with a connection for each deed on them, and a
 * site that takes load.
 */
export type Place = {
  readonly namespace: string
  readonly world: ReturnType<typeof deploying>
  /** Through which the worker reaches what a deed is done to, by the deed's name. */
  readonly pipes: { readonly [deed: string]: Pipe }
  readonly redis: RedisServer
  /** How many sessions of the application are left. */
  readonly sessions: () => Promise<number>
  /** How many requests have reached the site. */
  readonly requests: () => number
  /** The pod that the StatefulSet has, and the one that it had at first. */
  readonly replica: { readonly uid: string; readonly now: () => Promise<string | undefined> }
  /** The worker's connections file and what it refers to. */
  readonly env: Readonly<Record<string, string>>
  readonly close: () => Promise<void>
  /** Names of the pods that a deed would take down. */
  readonly podsBefore: readonly string[]
  readonly programRuns: () => Promise<number>
}

/** The address that load is put on. */
export function siteOf({ pipes }: Pick<Place, 'pipes'>): string {
  return `http://127.0.0.1:${pipes.loaded?.port}/`
}

export async function openPlace(lab: Lab, primary: Server, name: string, ranFile: string): Promise<Place> {
  const namespace = `alone-${name}`
  const cluster = lab.cluster()
  await cluster.post('/api/v1/namespaces', { metadata: { name: namespace } })
  const world = deploying(cluster, namespace)
  await Promise.all(
    ['scaled', 'restarted', 'rolled', 'sized', 'replaced', 'ran'].map((deployment) =>
      world.deploy(deployment, { replicas: deployment === 'ran' || deployment === 'replaced' ? 1 : 2 }),
    ),
  )
  await world.rollOut('rolled', { image: 'web:2' })
  const beside = await openBeside(lab, primary, name, namespace)
  const podsBefore = (await world.pods()).map(({ metadata }) => metadata.name)
  const kubernetes = kubernetesApi({ cluster: 'lab', kubeconfigPath: lab.kubeconfig })
  await kubernetes.load()
  const hands = handsOf({ connections: connectionsOf({}, {}), kubernetes })
  const programRuns = async () => {
    const { text } = await hands['kubernetes.exec-read'](
      { deployment: 'ran', argv: ['sh', '-c', `cat ${ranFile} || true`], within: 10_000 },
      {
        incident: 'look',
        stepRun: 'look',
        cluster: 'lab',
        namespace,
        nowMs: Date.now(),
        head: { seq: 0, hash: '' },
      },
    )
    return said(text)
      .en.split('\n')
      .filter((line) => line === 'once').length
  }
  return {
    ...beside,
    namespace,
    world,
    podsBefore: podsBefore.filter((name) => name.startsWith('replaced-')),
    programRuns,
  }
}

/** What the deeds on databases are done to. */
async function openBeside(lab: Lab, primary: Server, name: string, namespace: string) {
  const database = `alone_${name}`
  await primary.sql(`create database ${database} owner shodo`)
  const idle = await primary.connect('shodo', database)
  await idle.query('select 1')
  const redis = await startRedis()
  await redis.redis.set('cached', 'page')
  let requests = 0
  const site = createServer((_, answer) => {
    requests += 1
    answer.end('well')
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const ports = {
    terminated: primary.port,
    limited: redis.port,
    flushed: redis.port,
    loaded: (site.address() as AddressInfo).port,
  }
  const pipes: Record<string, Pipe> = Object.fromEntries(
    await Promise.all(Object.entries(ports).map(async ([name, port]) => [name, await openPipe(port)])),
  )
  const server = { host: '127.0.0.1', tls: 'off' }
  const postgres = { ...server, kind: 'postgres', user: 'hikeshi', secretEnv: 'PG_PASSWORD' }
  const cache = { ...server, kind: 'redis', secretEnv: 'REDIS_PASSWORD' }
  const connections = {
    terminated: { ...postgres, port: pipes.terminated?.port, database },
    limited: { ...cache, port: pipes.limited?.port },
    flushed: { ...cache, port: pipes.flushed?.port },
    primary: { ...postgres, port: primary.port, database: 'postgres' },
    // Nobody listens there: that is why it is rebuilt.
    replica: { ...postgres, port: 1, database: 'postgres' },
  }
  const file = join(lab.dir, `${name}.connections.yaml`)
  await writeFile(file, stringify({ connections }))
  return {
    pipes,
    redis,
    requests: () => requests,
    sessions: async () => {
      const found = await primary.sql(
        "select count(*)::int as left from pg_stat_activity where datname = $1 and usename = 'shodo'",
        [database],
      )
      return found[0]?.left
    },
    replica: await openReplicaPod(lab, namespace),
    env: { HIKESHI_CONNECTIONS: file, PG_PASSWORD: postgresPassword, REDIS_PASSWORD: redisPassword },
    close: async () => {
      await Promise.all(Object.values(pipes).map((pipe) => pipe.close()))
      await redis.stop()
      site.closeAllConnections()
      await new Promise((resolve) => site.close(resolve))
    },
  }
}

/** A pod that finds no node: no server runs in it, so that it can only be the replica's. */
async function openReplicaPod(lab: Lab, namespace: string) {
  const cluster = lab.cluster()
  const labels = { app: 'rebuilt' }
  await cluster.post(`/apis/apps/v1/namespaces/${namespace}/statefulsets`, {
    metadata: { name: 'rebuilt' },
    spec: {
      serviceName: 'rebuilt',
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { nodeSelector: { nobody: 'has-this' }, containers: [{ name: 'postgres', image: 'postgres' }] },
      },
    },
  })
  type Pod = { readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string } }
  const now = async (): Promise<string | undefined> => {
    const pod = await cluster
      .get<Pod>(`/api/v1/namespaces/${namespace}/pods/rebuilt-0`)
      .catch(() => undefined)
    return pod?.metadata.deletionTimestamp === undefined ? pod?.metadata.uid : undefined
  }
  await until(async () => (await now()) !== undefined, { what: 'the pod to be made', withinMs: 20_000 })
  return { uid: (await now()) ?? assert.fail('it is gone'), now }
}
