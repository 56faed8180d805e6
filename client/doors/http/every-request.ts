/** What every request gets, also one that the router refuses before any hook: headers of ours, and a line in the log. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { expected } from '../../../domain/expected.ts'
import { failure } from '../../../domain/failures.ts'
import type { Text } from '../../../domain/words.ts'
import { callerOf } from './network.ts'
import { answerError, pathOf, TurnedAway } from './problem.ts'

/** Of a name in an address; the longest incident, service or runbook has less. */
export const longestParameter = 100

export function markAnswer(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': request.id,
  })
}

export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => logRequest(request, reply))
}

/** Fastify's `frameworkErrors`: its own answer would be no problem of ours, and a client would take it for somebody else's. */
export function answerUnrouted(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  markAnswer(request, reply)
  // No hook runs for it.
  reply.raw.once('finish', () => logRequest(request, reply))
  answerError(refusalOfRouter(error, request), request, reply)
}

function refusalOfRouter(error: FastifyError, { method, url }: FastifyRequest): Error {
  const where = `${method} ${pathOf(url)}`.slice(0, 200)
  const bad = (status: number, problem: Text) =>
    new TurnedAway(status, failure('bad-input', { where, problem }))
  switch (error.code) {
    case 'FST_ERR_BAD_URL':
      return bad(
        400,
        expected(
          'an address with valid escapes such as %20',
          '%20 のような正しいエスケープだけを含むアドレス',
        ),
      )
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return bad(
        414,
        expected(
          `names of at most ${longestParameter} characters in the address`,
          `アドレス中の名前は ${longestParameter} 文字以下`,
        ),
      )
    default:
      return error
  }
}

/** One line per request: who did what, and how it ended. Never a header, never a body. */
function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  const { method, url, actor, refusedWith } = request
  request.log.info({
    method,
    path: pathOf(url),
    status: reply.statusCode,
    ...callerOf(request),
    ms: Math.round(reply.elapsedTime),
    person: actor?.id,
    verified: actor?.verified,
    refused: refusedWith,
  })
}
