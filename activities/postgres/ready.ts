import { z } from 'zod'
import { explain } from '../../domain/failures.ts'
import type { Finding, Reading, StepContext } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import { failureIn, isRefusal } from '../refusal.ts'
import { cannotConnectNow, sqlStateIn } from './answer.ts'
import type { Postgres } from './client.ts'
import { connectionsExhausted } from './exhausted.ts'
import { subjectOf } from './subject.ts'

type Answer = 'accepting' | 'rejecting' | 'no-response'

const words: Record<Answer, Text> = {
  accepting: { en: 'accepting connections', ja: '接続を受け付けています' },
  rejecting: { en: 'rejecting connections', ja: '接続を拒否しています（起動中・停止中・リカバリー中）' },
  'no-response': { en: 'no response', ja: '応答なし' },
}

/** pg_isready's three answers. A server that refuses our login or has no slot left is there and accepts, as pg_isready sees it. */
export async function readReady(
  postgres: Postgres,
  { connection }: { readonly connection: string },
  context: StepContext,
): Promise<Reading> {
  const startedMs = performance.now()
  const error = await postgres
    .read({ connection, context, ask: ({ row }) => row(z.object({ one: z.number() }), 'select 1 as one') })
    .then(() => undefined)
    .catch((refused: unknown) => refused)
  const answer = answerOf(error)
  const failure = failureIn(error)
  const reason = failure === undefined ? '' : String(failure.params.reason ?? explain(failure, 'en').what)
  const also = reason === '' ? '' : ` (${reason})`
  const subject = subjectOf(connection)
  const says = {
    en: `${connection}: ${words[answer].en}${also}`,
    ja: `${connection}: ${words[answer].ja}${also}`,
  }
  const down: Finding = { code: 'database-down', subject, says, evidence: [says.en], data: { answer } }
  const findings = [
    ...(answer === 'accepting' ? [] : [down]),
    ...(isRefusal(error, 'database-full') ? [connectionsExhausted(connection, { refused: reason })] : []),
  ]
  return {
    facts: {
      connection,
      answer,
      ...(error === undefined ? { ms: Math.round(performance.now() - startedMs) } : {}),
      ...(failure === undefined ? {} : { code: failure.code, reason }),
    },
    findings,
    text: says.en,
  }
}

/** Throws what says nothing about the server, such as a connection that the worker does not have. */
function answerOf(error: unknown): Answer {
  if (error === undefined || isRefusal(error, 'database-full')) return 'accepting'
  if (sqlStateIn(error) === cannotConnectNow) return 'rejecting'
  if (isRefusal(error, 'database-unreachable')) return 'no-response'
  if (isRefusal(error, 'no-answer')) return 'no-response'
  if (isRefusal(error, 'database-refused')) return 'accepting'
  throw error
}
