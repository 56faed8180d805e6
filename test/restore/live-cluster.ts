/** The small cluster with commands that stop and start its server, and the hands of a restore over it, outside of Kubernetes. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import pg from 'pg'
import {
  type Connections,
  connectionsOf,
  type PgbackrestSettings,
  type PostgresSettings,
} from '../../activities/connections-file.ts'
import { kubernetesApi } from '../../activities/kubernetes/api/client.ts'
import { restoreHands } from '../../activities/pgbackrest/index.ts'
import { type At, type Place, placeOf } from '../../activities/pgbackrest/place.ts'
import type { KindName } from '../../domain/steps/catalogue.ts'
import { catalogue } from '../../domain/steps/catalogue.ts'
import type {
  ChangeHand,
  Done,
  Plan,
  StepContext,
  StepParams,
  Verified,
} from '../../domain/steps/contract.ts'
import { genesis } from '../../domain/timeline/chain.ts'
import { type Cluster, openCluster } from './cluster.ts'
import type { Attempt } from './hand-process.ts'
import { type IsTime, killedAttempt } from './killed-attempt.ts'

export type Live = Omit<Cluster, 'settings' | 'connections' | 'sql'> & {
  readonly settings: PgbackrestSettings
  readonly connections: Connections
  readonly place: Place
  readonly at: () => At
  /** On whatever server listens at the live port now. */
  readonly sql: (
    text: string,
    values?: readonly unknown[],
  ) => Promise<readonly Readonly<Record<string, unknown>>[]>
  /** On the copy, over the loopback. */
  readonly onCopy: (
    text: string,
    as?: { readonly user: string; readonly password: string },
  ) => Promise<readonly Readonly<Record<string, unknown>>[]>
  readonly plan: (kind: KindName, params: StepParams, stepRun: string) => Promise<Plan>
  /** plan → run → verify. */
  readonly carryOut: (
    kind: KindName,
    params: StepParams,
    stepRun: string,
  ) => Promise<{ readonly plan: Plan; readonly done: Done; readonly verified: Verified }>
  readonly hand: (kind: KindName) => ChangeHand<StepParams>
  /**
   * One attempt in a process of its own, killed (SIGKILL) at the first sign of life for which `isTime` holds; true when it was. Without such a
   * sign it ends by itself.
   */
  readonly killedAttempt: (
    kind: KindName | 'drill',
    params: StepParams,
    plan: Plan | undefined,
    stepRun: string,
    isTime: IsTime,
  ) => Promise<boolean>
  readonly context: (stepRun: string) => StepContext
}

/** A replica that a command copies from the primary, at this port of the loopback. */
export type Replica = { readonly port: number; readonly command: string[] }

export async function openLive(
  replicaOf?: (settings: PgbackrestSettings, sockets: string, port: number) => Replica,
): Promise<Live> {
  const cluster = await openCluster()
  const { settings: given, port } = cluster
  const { postgresFolder, dataFolder, as } = given
  const control = [`${postgresFolder}/pg_ctl`, '-D', dataFolder, '-w', '-t', '60']
  const options = `-p ${port} -k ${cluster.sockets} -c listen_addresses=127.0.0.1`
  const { statefulSet: _, ...rest } = given
  const replica = replicaOf?.(given, cluster.sockets, port)
  const settings: PgbackrestSettings = {
    ...rest,
    replicas: replica === undefined ? [] : [{ connection: 'postgres-replica', command: replica.command }],
    startCommand: [...control, '-l', `${cluster.sockets}/again.log`, '-o', options, 'start'],
    stopCommand: [...control, '-m', 'fast', 'stop'],
  }
  const login: PostgresSettings = {
    kind: 'postgres',
    host: '127.0.0.1',
    tls: 'off',
    port,
    database: 'postgres',
    user: 'postgres',
    secretEnv: 'HIKESHI_TEST_PASSWORD',
  }
  const env = { HIKESHI_TEST_PASSWORD: 'of-the-test' }
  const connections = connectionsOf(
    {
      'postgres-primary': login,
      'postgres-backups': settings,
      ...(replica === undefined ? {} : { 'postgres-replica': { ...login, port: replica.port } }),
    },
    env,
  )
  const place = placeOf(connections, kubernetesApi({ cluster: 'none', kubeconfigPath: '/nonexistent' }))
  const hands = restoreHands(place)
  const hand = (kind: KindName) => hands[kind as keyof typeof hands] as ChangeHand<StepParams>
  const context = (stepRun: string): StepContext => ({
    incident: stepRun.split('/')[0] ?? '',
    stepRun,
    cluster: 'none',
    namespace: 'none',
    nowMs: Date.now(),
    head: genesis,
  })
  const parsed = (kind: KindName, params: StepParams) => catalogue[kind].params.parse(params) as StepParams
  await cluster.sql(`alter role postgres password 'of-the-test'`)
  return {
    ...cluster,
    settings,
    connections,
    place,
    at: () => place.of('postgres-backups', context('shodo-1/test')),
    hand,
    context,
    sql: asking(port),
    onCopy: (text, as) => asking(settings.copyPort, as)(text),
    plan: (kind, params, stepRun) => hand(kind).plan(parsed(kind, params), context(stepRun)),
    carryOut: async (kind, params, stepRun) => {
      const all = parsed(kind, params)
      const plan = await hand(kind).plan(all, context(stepRun))
      const done = await hand(kind).run(all, plan, context(stepRun))
      const verified = await hand(kind).verify(all, plan, done, context(stepRun))
      return { plan, done, verified }
    },
    killedAttempt: (kind, params, plan, stepRun, isTime) => {
      const attempt: Attempt = {
        kind,
        params: parsed(kind === 'drill' ? 'postgres.restore' : kind, params),
        plan,
        context: context(stepRun),
        connections: { 'postgres-primary': login, 'postgres-backups': settings },
      }
      return killedAttempt(attempt, isTime, { ...process.env, ...env })
    },
    close: async () => {
      const stop = [...as, ...control, '-m', 'immediate', 'stop']
      const [program = '', ...args] = stop
      await promisify(execFile)(program, args, { cwd: '/' }).catch(() => {}) // it may be stopped already
      await cluster.close()
    },
  }
}

function asking(
  port: number,
  { user, password } = { user: 'postgres', password: 'of-the-test' },
): Live['sql'] {
  return async (text, values = []) => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user,
      database: 'postgres',
      password,
      ssl: false,
    })
    client.on('error', () => {})
    try {
      await client.connect()
      return (await client.query(text, [...values])).rows
    } finally {
      await client.end().catch(() => {})
    }
  }
}
