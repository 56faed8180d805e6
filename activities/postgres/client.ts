/**
 * PostgreSQL as the hands use it: one session per call and none kept, since a pool would hold slots of a database that may be
 * short of them. Every wait has a limit, and what a call asks is cancelled on the server when its activity is.
 */
import { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import pg from 'pg'
import { present } from '../../domain/present.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import type { SecretPlace } from '../../edge/secret.ts'
import { authorityOf, type Connections, type PostgresSettings } from '../connections-file.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { pulse, withDeadline } from '../pulse.ts'
import { isRefusal, refuse } from '../refusal.ts'
import { type Asked, refuseDatabase } from './answer.ts'
import { cancelQuery, processOf } from './cancel.ts'
import { ourMeaning, type Session, sessionOf } from './session.ts'
import { podSession } from './through-pod.ts'

export type { Session } from './session.ts'

export type Question<T> = {
  readonly connection: string
  readonly context: StepContext
  readonly ask: (session: Session) => Promise<T>
}

export type Postgres = {
  /** Asks within one read-only transaction. Errors: unknown-connection, database-unreachable, database-starting, database-refused, database-full, no-answer. */
  readonly read: <T>(question: Question<T>) => Promise<T>
  /** Asks statement by statement, each its own transaction; the same errors, and pooler-in-front. */
  readonly change: <T>(question: Question<T>) => Promise<T>
}

export type Limits = { readonly connectMs: number; readonly readMs: number; readonly changeMs: number }

/** The situation's parts answer within 4 s or say that they do not know. */
const usual: Limits = { connectMs: 2_500, readMs: 4_000, changeMs: 15_000 }
const lockMs = 1_000

/** Without `kubernetes` there is no way through a server's pod. */
export function postgresAt(
  connections: Connections,
  limits: Limits = usual,
  kubernetes?: Kubernetes,
): Postgres {
  const throughPod = async <T>(question: Question<T>, settings: PostgresSettings, way: Way): Promise<T> => {
    const { pod } = settings
    if (pod === undefined || kubernetes === undefined) throw way.error
    const { connection, context, ask } = question
    return ask(podSession({ kubernetes, connection, context, settings: { ...settings, pod }, ...way }))
  }
  const within = async <T>(ms: number, readOnly: boolean, question: Question<T>): Promise<T> => {
    const prelude = preludeOf(ms, readOnly)
    const settings = connections.postgres(question.connection)
    const where = `${question.connection} (${settings.host}:${settings.port})`
    try {
      return await withDeadline(ms, where, () =>
        withSession(connections, settings, { ...question, prelude, readOnly, connectMs: limits.connectMs }),
      )
    } catch (error) {
      if (!isRefusal(error, 'database-full')) throw error
      return throughPod(question, settings, { error, readOnly, withinMs: ms })
    }
  }
  return {
    read: (question) => within(limits.readMs, true, question),
    change: (question) => within(limits.changeMs, false, question),
  }
}

/** The server gives up a little before we do, so that its own sentence arrives. */
function preludeOf(ms: number, readOnly: boolean): string {
  const settings = [...ourMeaning, `statement_timeout = ${ms - 500}`, `lock_timeout = ${lockMs}`]
  const set = settings.map((setting) => `set ${readOnly ? 'local ' : ''}${setting}`)
  return [...(readOnly ? ['begin transaction read only'] : []), ...set].join('; ')
}

type Way = { readonly error: unknown; readonly readOnly: boolean; readonly withinMs: number }

type Call<T> = Question<T> & {
  readonly prelude: string
  readonly readOnly: boolean
  readonly connectMs: number
}
type Login = SecretPlace & { readonly user: string }

/** Logs in, as the reserved role where nobody else is let in, does the work, and leaves nothing behind. */
async function withSession<T>(
  connections: Connections,
  settings: PostgresSettings,
  call: Call<T>,
): Promise<T> {
  const { reserved } = settings
  try {
    return await loggedIn(connections, settings, settings, call, false)
  } catch (error) {
    if (reserved === undefined || !isRefusal(error, 'database-full')) throw error
    return loggedIn(connections, settings, reserved, call, true)
  }
}

async function loggedIn<T>(
  connections: Connections,
  settings: PostgresSettings,
  login: Login,
  call: Call<T>,
  isReserved: boolean,
): Promise<T> {
  const { connection, context, prelude, readOnly, connectMs } = call
  const { signal } = pulse()
  const { host, port, database } = settings
  const secret = await connections.secretOf(connection, login)
  const asked: Asked = { connection, address: `${host}:${port}`, secret, sinceMs: performance.now() }
  const socket = new Socket()
  const tls = await tlsOf(connection, settings)
  const client = new pg.Client({
    host,
    port,
    database,
    user: login.user,
    // Never undefined, because then the library would look in its user's environment and files.
    password: () => secret ?? '',
    ssl: tls,
    stream: () => socket,
    application_name: `hikeshi ${context.stepRun}`,
    connectionTimeoutMillis: connectMs,
  })
  // The loss of the session reaches the statement under way; without a listener it would end the worker as well.
  client.on('error', () => {})
  const said = <R>(answer: Promise<R>) => answer.catch((error: unknown) => refuseDatabase(error, asked))
  let cancelled: Promise<void> | undefined
  let stop: () => void = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      cancelled = cancelQuery(client, { host, port, tls })
      reject(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
  })
  const work = async () => {
    await said(client.connect())
    const isPooled = await said(isBehindPooler(client))
    // Before anything is set: a pooler would hand the settings of our session on to the application's.
    if (isPooled && !readOnly) refuse('pooler-in-front', { connection })
    await said(client.query(prelude))
    return call.ask(sessionOf((sql, values) => said(client.query(sql, values)), { isReserved, isPooled }))
  }
  try {
    signal.throwIfAborted()
    return await Promise.race([work(), stopped])
  } finally {
    signal.removeEventListener('abort', stop)
    await cancelled
    await leave(client, socket)
  }
}

/** A pooler gives its clients keys of its own; the server itself gives the number of the process that answers. */
async function isBehindPooler(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query('select pg_catalog.pg_backend_pid() as pid')
  return rows[0]?.pid !== processOf(client)
}

async function tlsOf(connection: string, settings: PostgresSettings): Promise<false | ConnectionOptions> {
  if (settings.tls === 'off') return false
  const ca = await authorityOf(connection, settings)
  return { rejectUnauthorized: true, ...present({ ca }) }
}

/** Says goodbye, so that the slot is free at once; a server that does not hear it must not hold us up. */
async function leave(client: pg.Client, socket: Socket): Promise<void> {
  const insist = setTimeout(() => socket.destroy(), 500)
  try {
    await client.end()
  } catch {
    // It is gone already.
  } finally {
    clearTimeout(insist)
    socket.destroy()
  }
}
