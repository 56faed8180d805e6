import type { Redis } from 'ioredis'
import { kindOf, needsOf } from '../../domain/steps/catalogue.ts'
import type { Finding, Reading } from '../../domain/steps/contract.ts'
import { needsTogether, redisRule } from '../../domain/steps/needs.ts'
import { serverName } from '../../domain/steps/subject.ts'
import type { Text } from '../../domain/words.ts'
import type { Connections } from '../connections-file.ts'
import { isAnswer, saysOf } from './answer.ts'
import { withRedis } from './client.ts'

type Params = { readonly connection: string; readonly steps: readonly string[] }

/** Asks Redis' own rules (ACL DRYRUN, Redis 7) about each command that the steps send; nothing of it is carried out. */
export function readAccess(connections: Connections, { connection, steps }: Params): Promise<Reading> {
  return withRedis(connections, connection, async (redis) => {
    const about = (code: Finding['code'], en: string, ja: string, words: string): Finding => ({
      code,
      subject: serverName('redis', connection),
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
      facts: { connection, user, refused: refusals.map(({ command }) => command) },
      findings: refusals.map(({ command, by, without, reason }) =>
        without === undefined
          ? about(
              'right-missing',
              `${user} may not ${command}, which ${by.join(', ')} sends: ${reason}`,
              `${user} には ${by.join('、')} が使う ${command} の権限がありません: ${reason}`,
              rightOf(user, command, reason),
            )
          : about(
              'not-prepared',
              `${user} may not ${command}: ${without.en}`,
              `${user} には ${command} の権限がありません: ${without.ja}`,
              rightOf(user, command, reason),
            ),
      ),
      text: `${connection}: ${user}`,
    }
  })
}

type Refusal = {
  readonly command: string
  readonly by: readonly string[]
  /** What the steps do not do then, where they can do without it. */
  readonly without?: Text
  readonly reason: string
}

async function rulesOf(
  redis: Redis,
  steps: readonly string[],
): Promise<{ readonly unknown: string } | { readonly user: string; readonly refusals: readonly Refusal[] }> {
  const { needs, optional } = needsTogether(needsOf(steps).map((each) => each.redis))
  const asked = [
    ...needs.map((command) => {
      const by = steps.filter((step) => kindOf(step)?.needs.redis?.needs.includes(command))
      return { command, by }
    }),
    ...optional.flatMap(({ what, without }) => what.map((command) => ({ command, by: [], without }))),
  ]
  try {
    const user = await redis.acl('WHOAMI')
    const refusals: Refusal[] = []
    for (const each of asked) {
      const answer = String(await redis.call('ACL', 'DRYRUN', user, ...each.command.split(' ')))
      if (answer !== 'OK') refusals.push({ ...each, reason: answer })
    }
    return { user, refusals }
  } catch (error) {
    // Redis 6 has no DRYRUN, and a user may be kept from asking.
    if (isAnswer(error)) return { unknown: saysOf(error) }
    throw error
  }
}

function rightOf(user: string, command: string, reason: string): string {
  const rule = redisRule(command)
  return `ACL SETUSER ${user} ${/ key/i.test(reason) ? (rule.keys ?? '~*') : rule.command}`
}
