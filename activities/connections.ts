/**
 * The worker's connections file (HIKESHI_CONNECTIONS): the databases and the Prometheus that steps reach, by the names that a runbook uses. Only the
 * workers of their cluster have it, as they alone have its kubeconfig.
 */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { webAddress } from '../domain/address.ts'
import { kubernetesName } from '../domain/runbook/runbook.ts'
import { refuse } from './refusal.ts'
import { type Environment, readSecret, type SecretPlace, secretPlace } from './secret.ts'
import { parseSettings, readSettings, type Settings } from './settings-file.ts'

const atMostOneSecret = (place: SecretPlace) =>
  place.secretFile === undefined || place.secretEnv === undefined
const oneSecret = { error: 'expected secretFile or secretEnv, not both' }

const server = {
  host: z.string().min(1).max(253),
  /** `verify` checks the server's certificate; `off` is for what never leaves the machine or its pod network. */
  tls: z.enum(['verify', 'off']).default('verify'),
  /** PEM file of the authority to trust, where the system does not know it. */
  caFile: z.string().min(1).optional(),
  ...secretPlace,
}

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
} as const

type All = Settings<typeof kinds>
export type PostgresSettings = Extract<All[string], { kind: 'postgres' }>
export type PrometheusSettings = Extract<All[string], { kind: 'prometheus' }>
export type RedisSettings = Extract<All[string], { kind: 'redis' }>

export type Connections = {
  /** Refuses with `unknown-connection` where the worker has none of that kind and name. */
  readonly postgres: (name: string) => PostgresSettings
  readonly redis: (name: string) => RedisSettings
  readonly prometheus: (name: string) => PrometheusSettings
  /** The secret of a place, read anew; undefined where none is named. Refuses, and never quotes it. */
  readonly secretOf: (connection: string, place: SecretPlace) => Promise<string | undefined>
}

/** Reads and checks the file; throws `bad-input` with all mistakes and never a secret. Without a file there are no connections. */
export async function openConnections(file: string | undefined, env: Environment): Promise<Connections> {
  return connectionsOf(file === undefined ? {} : parseConnections(await readSettings(file), file), env)
}

export function parseConnections(text: string, file: string): All {
  return parseSettings(text, file, 'connections', kinds)
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
    const problem = `${caFile} cannot be read (${code})`
    return refuse('bad-input', { where: `connections.${connection}.caFile`, problem })
  }
}

export function connectionsOf(all: All, env: Environment): Connections {
  const find = <K extends keyof typeof kinds>(kind: K, name: string) => {
    const found = Object.hasOwn(all, name) ? all[name] : undefined
    if (found?.kind === kind) return found as Extract<All[string], { kind: K }>
    const known = Object.keys(all).filter((other) => all[other]?.kind === kind)
    return refuse('unknown-connection', { connection: name, kind, known: known.join(', ') || 'none' })
  }
  return {
    postgres: (name) => find('postgres', name),
    redis: (name) => find('redis', name),
    prometheus: (name) => find('prometheus', name),
    secretOf: async (connection, place) => {
      if (place.secretFile === undefined && place.secretEnv === undefined) return undefined
      const read = await readSecret(place, env, 1)
      if ('problem' in read)
        return refuse('bad-input', { where: `connections.${connection}`, problem: read.problem })
      return read.secret
    },
  }
}
