import { explain } from '../../domain/failures.ts'
import type { Finding, Reading } from '../../domain/steps/contract.ts'
import type { Connections } from '../connections.ts'
import { failureIn, isRefusal } from '../refusal.ts'
import { withRedis } from './client.ts'

/** Whether it answers a PING. A Redis that refuses our login is there; one that still loads its data serves nobody. */
export async function readReady(connections: Connections, connection: string): Promise<Reading> {
  const startedMs = performance.now()
  const error = await withRedis(connections, connection, (redis) => redis.ping())
    .then(() => undefined)
    .catch((refused: unknown) => refused)
  const failure = failureIn(error)
  if (error !== undefined && failure === undefined) throw error
  const isThere = error === undefined || isRefusal(error, 'database-refused')
  const isDown = isRefusal(error, 'database-unreachable')
  // What says nothing about the server, such as a connection that the worker does not have.
  if (!isThere && !isDown) throw error
  const reason = failure === undefined ? '' : String(failure.params.reason ?? explain(failure, 'en').what)
  const also = reason === '' ? '' : ` (${reason})`
  const says = isDown
    ? { en: `${connection}: no answer${also}`, ja: `${connection}: 応答なし${also}` }
    : { en: `${connection} answers${also}`, ja: `${connection} は応答しています${also}` }
  const down: Finding = {
    code: 'redis-down',
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
    findings: isDown ? [down] : [],
    text: says.en,
  }
}
