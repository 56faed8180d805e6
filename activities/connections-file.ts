/**
 * The worker's connections file (HIKESHI_CONNECTIONS): the databases and the Prometheus that steps reach, by the names that a runbook uses. Only the
 * workers of their cluster have it, as they alone have its kubeconfig.
 */

import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { webAddress } from '../domain/address.ts'
import { duration } from '../domain/duration.ts'
import { expected, expects } from '../domain/expected.ts'
import { kubernetesName, name } from '../domain/names.ts'
import { none } from '../domain/words.ts'
import { type Environment, readSecret, type SecretPlace, secretPlace } from '../edge/secret.ts'
import { parseSettings, readSettings, type Settings } from '../edge/settings-file.ts'
import { refuse } from './refusal.ts'

const atMostOneSecret = (place: SecretPlace) =>
  place.secretFile === undefined || place.secretEnv === undefined
const oneSecret = {
  error: expects('secretFile or secretEnv, not both', 'secretFile か secretEnv のどちらか一方'),
}

const server = {
  host: z.string().min(1).max(253),
  /** `verify` checks the server's certificate; `off` is for what never leaves the machine or its pod network. */
  tls: z.enum(['verify', 'off']).default('verify'),
  /** PEM file of the authority to trust, where the system does not know it. */
  caFile: z.string().min(1).optional(),
  ...secretPlace,
}

/** Some of them stand in commands that PostgreSQL hands to a shell. */
const absolute = z
  .string()
  .regex(
    /^\/[A-Za-z0-9._/+@=-]+$/,
    expects('an absolute path of letters, digits and ._/+@=-', '英数字と ._/+@=- からなる絶対パス'),
  )

const command = z.array(z.string().min(1).max(4_000)).min(1).max(50)

/** As Kubernetes writes amounts: `{ cpu: 500m, memory: 2Gi }`. */
const quantities = z.record(z.string().max(63), z.string().max(32))

const kinds = {
  postgres: z
    .strictObject({
      kind: z.literal('postgres'),
      ...server,
      port: z.number().int().min(1).max(65_535).default(5_432),
      database: z.string().min(1).max(63),
      user: z.string().min(1).max(63),
      /** A role that may take the slots which PostgreSQL reserves: for when all others are taken. */
      reserved: z
        .strictObject({ user: z.string().min(1).max(63), ...secretPlace })
        .refine(atMostOneSecret, oneSecret)
        .optional(),
      /** Its own pod, whose socket lets a superuser in: the way when no slot is left and no `reserved` is named. */
      pod: z
        .strictObject({ name: kubernetesName, user: z.string().min(1).max(63).default('postgres') })
        .optional(),
    })
    .refine(atMostOneSecret, oneSecret),
  redis: z
    .strictObject({
      kind: z.literal('redis'),
      ...server,
      port: z.number().int().min(1).max(65_535).default(6_379),
      database: z.number().int().min(0).max(15).default(0),
      user: z.string().min(1).max(63).optional(),
    })
    .refine(atMostOneSecret, oneSecret),
  prometheus: z
    .strictObject({
      kind: z.literal('prometheus'),
      url: webAddress,
      caFile: server.caFile,
      /** Sent as a bearer token. */
      ...secretPlace,
    })
    .refine(atMostOneSecret, oneSecret),
  /** A stanza of pgBackRest, and what a restore needs to know of the cluster that it keeps. Every path is absolute. */
  pgbackrest: z
    .strictObject({
      kind: z.literal('pgbackrest'),
      stanza: z.string().regex(/^[A-Za-z0-9._-]{1,60}$/),
      /** The file of pgBackRest's own settings, with the repository and `pg1-path`. */
      configFile: absolute,
      /** The connection that leads to the live primary. */
      primary: name,
      /** What starts and stops its server: a StatefulSet, or two commands of its machine, each repeatable. */
      statefulSet: kubernetesName.optional(),
      /** Where that StatefulSet is, and the only namespace whose incidents may use the entry. */
      namespace: kubernetesName.optional(),
      /**
       * The work on the data is done in the pod of a Job, made like the StatefulSet's own (image, account, volumes), on its node; otherwise by the
       * worker itself, on the machine of the data.
       */
      job: z
        .strictObject({
          /** Of the StatefulSet's containers; the first. */
          container: kubernetesName.optional(),
          resources: z
            .strictObject({ requests: quantities.optional(), limits: quantities.optional() })
            .optional(),
          /** It ends when nobody has asked for anything for so long, and nothing runs. */
          idleFor: duration.default(120_000),
        })
        .optional(),
      startCommand: command.optional(),
      stopCommand: command.optional(),
      /** Servers that follow the primary. After a cut-over each copies it from the start: its pod is recreated, or a command does it. */
      replicas: z
        .array(
          z
            .strictObject({ connection: name, pod: kubernetesName.optional(), command: command.optional() })
            .refine(({ pod, command: by }) => (pod === undefined) !== (by === undefined), {
              error: expects('pod or command', 'pod か command のどちらか一方'),
            }),
        )
        .max(10)
        .default([]),
      /** The data folder of the live primary, and a folder on the same file system for copies and what is kept. */
      dataFolder: absolute,
      copiesFolder: absolute,
      /** Where the server's settings file lies, where that is not the data folder. */
      settingsFile: absolute.optional(),
      /** A port of the loopback for the copy. */
      copyPort: z.number().int().min(1).max(65_535),
      pgbackrest: absolute.default('/usr/bin/pgbackrest'),
      /** The folder of postgres, psql, pg_waldump and pg_controldata, of the server's own version. */
      postgresFolder: absolute,
      /** Words before each program: it runs as whom the data belongs to. */
      as: z.array(z.string().min(1)).max(20).default([]),
      /** The role that may everything, over the server's own socket. */
      superuser: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/)
        .default('postgres'),
      /** How long the folder that a cut-over replaced is kept. */
      keepFor: duration.default(7 * 86_400_000),
    })
    .refine(
      ({ statefulSet, startCommand, stopCommand }) =>
        statefulSet === undefined
          ? startCommand !== undefined && stopCommand !== undefined
          : startCommand === undefined && stopCommand === undefined,
      {
        error: expects(
          'statefulSet, or startCommand and stopCommand',
          'statefulSet か、startCommand と stopCommand の両方',
        ),
      },
    )
    .refine(
      ({ job, statefulSet, as }) => job === undefined || (statefulSet !== undefined && as.length === 0),
      {
        path: ['job'],
        error: expects(
          'job beside statefulSet, and no as: the pod runs as whom the data belongs to',
          'job は statefulSet と併用（as は不要。Pod 自体がデータの所有者で動作）',
        ),
      },
    )
    .refine(
      ({ job, statefulSet, namespace }) =>
        namespace === undefined ? job === undefined : statefulSet !== undefined,
      {
        path: ['namespace'],
        error: expects(
          'namespace beside job, and only beside a statefulSet: which namespace the StatefulSet is in',
          'job には namespace（statefulSet の Namespace）が必要（namespace は statefulSet と併用）',
        ),
      },
    ),
} as const

type All = Settings<typeof kinds>
export type PostgresSettings = Extract<All[string], { kind: 'postgres' }>
export type PrometheusSettings = Extract<All[string], { kind: 'prometheus' }>
export type PgbackrestSettings = Extract<All[string], { kind: 'pgbackrest' }> & {
  /** Who logs in over TCP on the primary, and so may on a copy: nobody else, whatever its roles were in the past. */
  readonly login?: { readonly user: string; readonly database: string }
}
export type RedisSettings = Extract<All[string], { kind: 'redis' }>

export type Connections = {
  /** Refuses with `unknown-connection` where the worker has none of that kind and name. */
  readonly postgres: (name: string) => PostgresSettings
  readonly redis: (name: string) => RedisSettings
  readonly prometheus: (name: string) => PrometheusSettings
  readonly pgbackrest: (name: string) => PgbackrestSettings
  /** Whether the work on some data is done in the pod of a Job. */
  readonly usesJobs: boolean
  /** The secret of a place, re-read; undefined where none is named. Refuses, and never quotes it. */
  readonly secretOf: (connection: string, place: SecretPlace) => Promise<string | undefined>
}

/**
 * Reads and checks the file; throws `bad-input` with all mistakes and never a secret. Without a file there are no connections. `namespaces`: those that
 * the worker serves; any, if there are none.
 */
export async function openConnections(
  file: string | undefined,
  env: Environment,
  namespaces?: readonly string[],
): Promise<Connections> {
  if (file === undefined) return connectionsOf({}, env)
  return connectionsOf(inNamespaces(parseConnections(await readSettings(file), file), file, namespaces), env)
}

export function parseConnections(text: string, file: string): All {
  return parseSettings(text, file, 'connections', kinds)
}

/** Refuses (`bad-input`) entries for a namespace that the worker does not serve: nobody could use them, and somebody believes that they can. */
export function inNamespaces(all: All, file: string, namespaces: readonly string[] | undefined): All {
  for (const [entry, settings] of Object.entries(all)) {
    if (settings.kind !== 'pgbackrest' || settings.namespace === undefined) continue
    if (namespaces === undefined || namespaces.includes(settings.namespace)) continue
    refuse('bad-input', {
      where: `${file}: connections.${entry}.namespace`,
      problem: expected(
        `one of the namespaces of the worker's policy: ${namespaces.join(', ')}`,
        `ワーカーのポリシーの namespaces のいずれか（${namespaces.join('、')}）`,
      ),
    })
  }
  return all
}

/** The authority that a connection trusts besides the system's own, PEM; refuses with its file when that cannot be read. */
export async function authorityOf(
  connection: string,
  { caFile }: { readonly caFile?: string | undefined },
): Promise<string | undefined> {
  if (caFile === undefined) return undefined
  try {
    return await readFile(caFile, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    const problem = { en: `${caFile} cannot be read (${code})`, ja: `${caFile} を読み取れません（${code}）` }
    return refuse('bad-input', { where: `connections.${connection}.caFile`, problem })
  }
}

export function connectionsOf(all: All, env: Environment): Connections {
  const find = <K extends keyof typeof kinds>(kind: K, name: string) => {
    const found = Object.hasOwn(all, name) ? all[name] : undefined
    if (found?.kind === kind) return found as Extract<All[string], { kind: K }>
    const known = Object.keys(all).filter((other) => all[other]?.kind === kind)
    return refuse('unknown-connection', { connection: name, kind, known: known.join(', ') || none })
  }
  return {
    postgres: (name) => find('postgres', name),
    redis: (name) => find('redis', name),
    prometheus: (name) => find('prometheus', name),
    pgbackrest: (name) => find('pgbackrest', name),
    usesJobs: Object.values(all).some((each) => each.kind === 'pgbackrest' && each.job !== undefined),
    secretOf: async (connection, place) => {
      if (place.secretFile === undefined && place.secretEnv === undefined) return undefined
      const read = await readSecret(place, env, 1)
      if ('problem' in read)
        return refuse('bad-input', { where: `connections.${connection}`, problem: read.problem })
      return read.secret
    },
  }
}
