/**
 * One connection for each call, ended with it: nothing is kept between steps, nothing connects again behind their back, and a
 * Redis that is gone or hangs costs seconds.
 */

import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { type ChainableCommander, Redis, type RedisOptions } from 'ioredis'
import { present } from '../../domain/present.ts'
import { carriedBy } from '../../wire/carried.ts'
import { authorityOf, type Connections, type RedisSettings } from '../connections-file.ts'
import { pulse } from '../pulse.ts'
import { refuse } from '../refusal.ts'
import { isAnswer, refuseAnswer, refuseUnreachable } from './answer.ts'

export type { Redis } from 'ioredis'

const connectWithinMs = 4_000
const answerWithinMs = 5_000

/** Does the work on a connection of its own. Failures: database-refused with Redis' own word, database-unreachable. */
export async function withRedis<T>(
  connections: Connections,
  connection: string,
  work: (redis: Redis, settings: RedisSettings) => Promise<T>,
): Promise<T> {
  const settings = connections.redis(connection)
  const secret = await connections.secretOf(connection, settings)
  const tls = await tlsOf(connection, settings)
  const { signal } = pulse()
  signal.throwIfAborted()
  const redis = new Redis(options(settings, tls))
  // The first is the cause; what the commands say afterwards is only that the connection is closed.
  let cause: unknown
  redis.on('error', (error) => {
    cause ??= error
  })
  const stop = () => redis.disconnect()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await redis.connect()
    await enter(redis, settings, secret)
    return await work(redis, settings)
  } catch (error) {
    signal.throwIfAborted()
    if (carriedBy(error) !== undefined) throw error
    const about = { connection, address: `${settings.host}:${settings.port}`, secret }
    if (isAnswer(error)) return refuseAnswer(error, about)
    if (isTimeout(error))
      return refuse('database-unreachable', {
        connection,
        address: about.address,
        reason: {
          en: `no answer in ${answerWithinMs / 1_000} s`,
          ja: `${answerWithinMs / 1_000} 秒以内に応答なし`,
        },
      })
    if (cause === undefined && redis.status === 'ready') throw error
    return refuseUnreachable(cause ?? error, about)
  } finally {
    signal.removeEventListener('abort', stop)
    // Else the library would keep a timer for a socket that is gone already.
    if (redis.status !== 'end') redis.disconnect()
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out'
}

/** Sends what was gathered in one go; throws the first refusal among the answers. Undefined when a watched key has changed. */
export async function answersOf(
  batch: Pick<ChainableCommander, 'exec'>,
): Promise<readonly unknown[] | undefined> {
  const answers = await batch.exec()
  const refused = answers?.find(([error]) => error !== null)?.[0]
  if (refused) throw refused
  return answers?.map(([, answer]) => answer)
}

function options({ host, port }: RedisSettings, tls: ConnectionOptions | undefined) {
  return {
    host,
    port,
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    connectTimeout: connectWithinMs,
    commandTimeout: answerWithinMs,
    disconnectTimeout: 200,
    // Signing in and choosing the database is `enter`'s: the library would go on in database 0 where that is refused.
    protocol: 2,
    enableReadyCheck: false,
    disableClientInfo: true,
    ...present({ tls }),
  } satisfies RedisOptions
}

async function enter(redis: Redis, { user, database }: RedisSettings, secret: string | undefined) {
  if (secret !== undefined) await (user === undefined ? redis.auth(secret) : redis.auth(user, secret))
  if (database !== 0) await redis.select(database)
}

async function tlsOf(connection: string, settings: RedisSettings): Promise<ConnectionOptions | undefined> {
  const { tls, host } = settings
  if (tls === 'off') return undefined
  const ca = await authorityOf(connection, settings)
  return { ...(isIP(host) === 0 ? { servername: host } : {}), ...present({ ca }) }
}
