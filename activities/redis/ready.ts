import { explain } from '../../domain/failures.ts'
import type { Finding, Reading } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import type { Connections } from '../connections.ts'
import { failureIn, isRefusal } from '../refusal.ts'
import { refusedWith } from '../while-starting.ts'
import { withRedis } from './client.ts'

/**
 * Whether it answers a PING. A Redis that refuses our login is there. One that still reads its data serves nobody and is not down
 * (`redis-starting`): to make it anew would begin that from the start.
 */
export async function readReady(connections: Connections, connection: string): Promise<Reading> {
  const startedMs = performance.now()
  const error = await refusedWith(() => withRedis(connections, connection, (redis) => redis.ping()))
  const failure = failureIn(error)
  if (error !== undefined && failure === undefined) throw error
  const isThere = error === undefined || isRefusal(error, 'database-refused')
  const isStarting = isRefusal(error, 'database-starting')
  // What says nothing about the server, such as a connection that the worker does not have.
  if (!isThere && !isStarting && !isRefusal(error, 'database-unreachable')) throw error
  const reason = failure === undefined ? '' : String(failure.params.reason ?? explain(failure, 'en').what)
  const also = reason === '' ? '' : ` (${reason})`
  const said = isThere ? words.answers : isStarting ? words.starts : words.silent
  const says = { en: `${connection}${said.en}${also}`, ja: `${connection}${said.ja}${also}` }
  const finding: Finding = {
    code: isStarting ? 'redis-starting' : 'redis-down',
    subject: `redis/${connection}`,
    says,
    evidence: [says.en],
    data: { reason },
  }
  return {
    facts: {
      connection,
      answers: isThere,
      ...(error === undefined ? { ms: Math.round(performance.now() - startedMs) } : {}),
      ...(failure === undefined ? {} : { code: failure.code, reason }),
    },
    findings: isThere ? [] : [finding],
    text: says.en,
  }
}

const words: Record<'answers' | 'starts' | 'silent', Text> = {
  answers: { en: ' answers', ja: ' は応答しています' },
  starts: { en: ' is starting, it reads its data', ja: ' は起動中です（データを読み込んでいます）' },
  silent: { en: ': no answer', ja: ': 応答なし' },
}
