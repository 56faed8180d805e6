import type { Redis } from 'ioredis'
import type { Finding, Reading } from '../../domain/steps/contract.ts'
import type { Connections } from '../connections.ts'
import { isAnswer, saysOf } from './answer.ts'
import { withRedis } from './client.ts'

type Params = { readonly connection: string; readonly steps: readonly string[] }

const anyKey = 'hikeshi-any-key'
const ownKey = 'hikeshi:access'

/** What each step sends, as docs/connections.md lists it. */
const sends: Readonly<Record<string, readonly (readonly [string, ...string[]])[]>> = {
  'redis.ready': [['PING']],
  'redis.memory': [['INFO']],
  'redis.biggest-keys': [
    ['DBSIZE'],
    ['SCAN', '0'],
    ['MEMORY', 'USAGE', anyKey],
    ...['TYPE', 'STRLEN', 'LLEN', 'SCARD', 'HLEN', 'ZCARD', 'XLEN'].map((name) => [name, anyKey] as const),
  ],
  'redis.set-memory': [['INFO'], ['CONFIG', 'SET', 'maxmemory', '0'], ['SET', ownKey, '1'], ['DEL', ownKey]],
  'redis.flushdb': [
    ...([['INFO'], ['DBSIZE'], ['FLUSHDB'], ['MULTI'], ['EXEC'], ['SET', ownKey, '1']] as const),
    ...['WATCH', 'GET', 'EXISTS'].map((name) => [name, ownKey] as const),
  ],
}

/** Asks Redis' own rules (ACL DRYRUN, Redis 7) about each command that the steps send; nothing of it is carried out. */
export function readAccess(connections: Connections, { connection, steps }: Params): Promise<Reading> {
  return withRedis(connections, connection, async (redis) => {
    const about = (code: Finding['code'], en: string, ja: string, words: string): Finding => ({
      code,
      subject: `redis/${connection}`,
      says: { en, ja },
      evidence: [words],
      data: null,
    })
    const seen = await rulesOf(redis, steps)
    if ('unknown' in seen) {
      const { unknown } = seen
      const en = `what the user may do cannot be asked: ${unknown}`
      const ja = `権限を確認できません: ${unknown}`
      return {
        facts: { connection, user: null },
        findings: [about('not-prepared', en, ja, '+acl|whoami +acl|dryrun')],
        text: `${connection}: ${unknown}`,
      }
    }
    const { user, refusals } = seen
    return {
      facts: { connection, user, refused: refusals.map(({ command }) => command.join(' ')) },
      findings: refusals.map(({ command, by, reason }) =>
        about(
          'right-missing',
          `${user} may not ${command.join(' ')}, which ${by.join(', ')} sends: ${reason}`,
          `${user} には ${by.join('、')} が使う ${command.join(' ')} の権限がありません: ${reason}`,
          rightOf(user, command, reason),
        ),
      ),
      text: `${connection}: ${user}`,
    }
  })
}

type Refusal = {
  readonly command: readonly string[]
  readonly by: readonly string[]
  readonly reason: string
}

async function rulesOf(
  redis: Redis,
  steps: readonly string[],
): Promise<{ readonly unknown: string } | { readonly user: string; readonly refusals: readonly Refusal[] }> {
  const commands = new Map(
    steps.flatMap((step) => sends[step] ?? []).map((command) => [command.join(' '), command] as const),
  )
  try {
    const user = await redis.acl('WHOAMI')
    const refusals: Refusal[] = []
    for (const [line, command] of commands) {
      const answer = String(await redis.call('ACL', 'DRYRUN', user, ...command))
      if (answer === 'OK') continue
      const by = steps.filter((step) => sends[step]?.some((sent) => sent.join(' ') === line))
      refusals.push({ command, by, reason: answer })
    }
    return { user, refusals }
  } catch (error) {
    // Redis 6 has no DRYRUN, and a user may be kept from asking.
    if (isAnswer(error)) return { unknown: saysOf(error) }
    throw error
  }
}

function rightOf(user: string, [name = '', ...rest]: readonly string[], reason: string): string {
  const pattern = rest.includes(ownKey) ? '~hikeshi:*' : '~*'
  if (/ key/i.test(reason)) return `ACL SETUSER ${user} ${pattern}`
  const inner = name === 'MEMORY' || name === 'CONFIG' ? `|${rest[0]}` : ''
  return `ACL SETUSER ${user} +${`${name}${inner}`.toLowerCase()}`
}
