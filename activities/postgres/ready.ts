import { z } from 'zod'
import { present } from '../../domain/present.ts'
import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'
import type { Text } from '../../domain/words.ts'
import { carriedBy } from '../../wire/carried.ts'
import { isRefusal, reasonIn, withReason } from '../refusal.ts'
import { refusedWith } from '../while-starting.ts'
import { cannotConnectNow, sqlStateIn } from './answer.ts'
import type { Postgres } from './client.ts'
import { connectionsExhausted } from './exhausted.ts'

type Answer = 'accepting' | 'starting' | 'stopping' | 'no-response'

const words: Record<Answer, Text> = {
  accepting: { en: 'accepting connections', ja: '接続を受け付けています' },
  starting: { en: 'rejecting connections, starting or recovering', ja: '起動中・リカバリー中のため接続不可' },
  stopping: { en: 'rejecting connections, shutting down', ja: '停止処理中のため接続不可' },
  'no-response': { en: 'no response', ja: '応答なし' },
}

/**
 * pg_isready's three answers. A server that refuses our login or has no slot left is there and accepts, as pg_isready sees it; one
 * that rejects because it starts or recovers is not down, and finds `database-starting`: to recreate it would begin that from the start.
 */
export async function readReady(
  postgres: Postgres,
  { connection }: { readonly connection: string },
  context: StepContext,
): Promise<Reading> {
  const startedMs = performance.now()
  const error = await refusedWith(() =>
    postgres.read({
      connection,
      context,
      ask: ({ row }) => row(z.object({ one: z.number() }), 'select 1 as one'),
    }),
  )
  const answer = answerOf(error)
  const failure = carriedBy(error)
  const reason = failure && reasonIn(failure)
  const says = withReason(
    { en: `${connection}: ${words[answer].en}`, ja: `${connection}: ${words[answer].ja}` },
    reason,
  )
  const findings = [
    ...(answer === 'accepting' ? [] : [notAccepting(connection, answer, says)]),
    ...(isRefusal(error, 'database-full') && reason !== undefined
      ? [connectionsExhausted(connection, { refused: reason })]
      : []),
  ]
  return {
    facts: {
      connection,
      answer: answer === 'starting' || answer === 'stopping' ? 'rejecting' : answer,
      ...(error === undefined ? { ms: Math.round(performance.now() - startedMs) } : {}),
      ...present({ code: failure?.code, reason: failure && reasonIn(failure) }),
    },
    findings,
    text: says,
  }
}

function notAccepting(connection: string, answer: Exclude<Answer, 'accepting'>, says: Text): Finding {
  return {
    code: answer === 'starting' ? 'database-starting' : 'database-down',
    subject: serverName('postgres', connection),
    says,
    evidence: [says],
    data: { answer },
  }
}

/** Throws what says nothing about the server, such as a connection that the worker does not have. */
function answerOf(error: unknown): Answer {
  if (error === undefined || isRefusal(error, 'database-full')) return 'accepting'
  if (isRefusal(error, 'database-starting')) return 'starting'
  if (sqlStateIn(error) === cannotConnectNow) return 'stopping'
  if (isRefusal(error, 'database-unreachable')) return 'no-response'
  if (isRefusal(error, 'no-answer')) return 'no-response'
  if (isRefusal(error, 'database-refused')) return 'accepting'
  throw error
}
