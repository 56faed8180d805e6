import { present } from '../../domain/present.ts'
import type { Finding, Reading } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'
import type { Text } from '../../domain/words.ts'
import { carriedBy } from '../../wire/carried.ts'
import type { Connections } from '../connections-file.ts'
import { isRefusal, reasonIn, withReason } from '../refusal.ts'
import { refusedWith } from '../while-starting.ts'
import { withRedis } from './client.ts'

/**
 * Whether it answers a PING. A Redis that refuses our login is there. One that still reads its data serves nobody and is not down
 * (`redis-starting`): to recreate it would begin that from the start.
 */
export async function readReady(connections: Connections, connection: string): Promise<Reading> {
  const startedMs = performance.now()
  const error = await refusedWith(() => withRedis(connections, connection, (redis) => redis.ping()))
  const failure = carriedBy(error)
  if (error !== undefined && failure === undefined) throw error
  const isThere = error === undefined || isRefusal(error, 'database-refused')
  const isStarting = isRefusal(error, 'database-starting')
  // What says nothing about the server, such as a connection that the worker does not have.
  if (!isThere && !isStarting && !isRefusal(error, 'database-unreachable')) throw error
  const reason = failure && reasonIn(failure)
  const state = isThere ? words.answers : isStarting ? words.starts : words.silent
  const says = withReason({ en: `${connection}${state.en}`, ja: `${connection}${state.ja}` }, reason)
  const finding: Finding = {
    code: isStarting ? 'redis-starting' : 'redis-down',
    subject: serverName('redis', connection),
    says,
    evidence: [says],
    data: { reason: reason ?? null },
  }
  return {
    facts: {
      connection,
      answers: isThere,
      ...(error === undefined ? { ms: Math.round(performance.now() - startedMs) } : {}),
      ...present({ code: failure?.code, reason: failure && reasonIn(failure) }),
    },
    findings: isThere ? [] : [finding],
    text: says,
  }
}

const words: Record<'answers' | 'starts' | 'silent', Text> = {
  answers: { en: ' answers', ja: ' は応答しています' },
  starts: { en: ' is starting (loading its data)', ja: ' は起動中です（データを読み込んでいます）' },
  silent: { en: ': no answer', ja: ': 応答なし' },
}
