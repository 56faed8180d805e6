/** A Redis of the test's own: a free loopback port, a password, an empty folder, nothing saved. No other Redis is ever asked. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { connectionsOf } from '../../../activities/connections-file.ts'
import type { Kubernetes } from '../../../activities/kubernetes/api/client.ts'
import { redisHands } from '../../../activities/redis/index.ts'
import { present } from '../../../domain/present.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { findIn, pathFolders } from '../../../lab/binaries/find.ts'
import { freePort } from '../free-port.ts'

export const password = 'a-password-of-this-test'

/** As `describe`, or skipped with the reason in its title where a program that it starts is not installed. */
export function describeRedis(
  title: string,
  body: (this: Mocha.Suite) => void,
  programs: readonly string[] = ['redis-server'],
): void {
  const missing = programs.filter((program) => findIn(pathFolders(), program) === undefined)
  if (missing.length === 0) describe(title, body)
  else describe.skip(`${title} (skipped: ${missing.join(', ')} not on PATH, and these tests start it)`, body)
}

type How = { readonly port?: number; readonly args?: readonly string[]; readonly tls?: boolean }

export async function startRedis({ port: wanted, args = [], tls = false }: How = {}) {
  const port = wanted ?? (await freePort())
  const folder = await mkdtemp(join(tmpdir(), 'hikeshi-redis-'))
  const child = spawn(
    'redis-server',
    [
      ...(tls ? ['--port', '0', '--tls-port', `${port}`] : ['--port', `${port}`]),
      ...['--bind', '127.0.0.1', '--dir', folder, '--requirepass', password, '--masterauth', password],
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no', ...args],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  // Also where mocha ends in mid-test.
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  const ended = once(child, 'exit')
  await ready(child, ended)
  const own = tls ? undefined : new Redis({ host: '127.0.0.1', port, password, protocol: 2 })
  own?.on('error', () => {})
  await own?.ping()
  return {
    port,
    child,
    /** The test's own connection, with all rights. */
    get redis(): Redis {
      if (own === undefined) throw new Error('this server is only reached with TLS')
      return own
    },
    stop: async () => {
      own?.disconnect()
      child.kill('SIGKILL')
      await ended
      process.off('exit', kill)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type RedisServer = Awaited<ReturnType<typeof startRedis>>

async function ready(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.stdout === null) throw new Error('redis-server has no output')
  const lines = createInterface({ input: child.stdout })
  const said: string[] = []
  const isReady = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      said.push(line)
      if (/Ready to accept connections/.test(line)) resolve()
    })
  })
  const isOver = ended.then(() => {
    throw new Error(`redis-server ended at once: ${said.slice(-3).join(' / ')}`)
  })
  // After it is ready, its end is the test's own doing.
  isOver.catch(() => {})
  await Promise.race([isReady, isOver])
}

type Reached = {
  readonly database?: number
  readonly secret?: string | undefined
  readonly user?: string
  readonly tls?: 'verify' | 'off'
  readonly caFile?: string
}

/** The hands as a worker has them, with `redis-master` at this port. */
export function handsAt(
  port: number,
  { database = 0, user, tls, caFile, ...rest }: Reached = {},
  kubernetes?: Kubernetes,
) {
  const secret = 'secret' in rest ? rest.secret : password
  return redisHands(
    connectionsOf(
      {
        'redis-master': {
          kind: 'redis',
          host: '127.0.0.1',
          port,
          database,
          tls: tls ?? (caFile === undefined ? 'off' : 'verify'),
          ...present({ caFile, user }),
          ...(secret === undefined ? {} : { secretEnv: 'REDIS_PASSWORD' }),
        },
      },
      { REDIS_PASSWORD: secret },
    ),
    kubernetes,
  )
}

export const connection = 'redis-master'

export function contextOf(step = 'step', nowMs = Date.now()): StepContext {
  return {
    incident: 'shodo-42',
    stepRun: `shodo-42/${step}`,
    cluster: 'lab',
    namespace: 'shodo',
    nowMs,
    head: { seq: 7, hash: 'abc123' },
  }
}

/** Writes until Redis refuses because its memory is full: big values first, then such that no small one fits any more. */
export async function fillUp(redis: Redis): Promise<void> {
  for (const size of [100_000, 1_000, 10]) {
    for (let i = 0; await isTaken(redis, `fill:${size}:${i}`, 'x'.repeat(size)); i++);
  }
}

async function isTaken(redis: Redis, key: string, value: string): Promise<boolean> {
  try {
    await redis.set(key, value)
    return true
  } catch (error) {
    if (/^OOM/.test(String((error as Error).message))) return false
    throw error
  }
}
