/** Every refusal as RFC 9457 problem details, in the caller's language. Nothing of an unknown error but its request id goes out. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { explain, type Failure, failure, failures } from '../../domain/failures.ts'
import type { Lang } from '../../domain/words.ts'
import { Refused } from '../refused.ts'

export const problem = z.object({
  type: z.string().describe('urn:hikeshi:HK304; stable'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().describe('What happened, for people'),
  instance: z.string().describe('The id of this request, as in the log'),
  code: z.string(),
  name: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  next: z.string().describe('What to do next, for people'),
})
type Problem = z.infer<typeof problem>

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the failure that was answered, for the log. */
    refusedWith?: string
  }
}

/** A refusal of the door itself, where HTTP has a status of its own for it. */
export class TurnedAway extends Refused {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, refusal: Failure, headers: Readonly<Record<string, string>> = {}) {
    super(refusal)
    this.status = status
    this.headers = headers
  }
}

export function statusOf({ name }: Failure): number {
  if (name === 'not-permitted' || name === 'unverified-approver') return 403
  const { code, exit } = failures[name]
  switch (exit) {
    case 2:
      return 400
    case 3:
      return 404
    case 4:
      return 409
    case 5:
      return 503
    case 6:
      return 504
    case 1:
      // HK4xx: somebody behind us said no. Everything else is ours.
      return code.startsWith('HK4') ? 502 : 500
  }
}

export function langOf(header: string | undefined): Lang {
  return /^\s*ja\b/i.test(header ?? '') ? 'ja' : 'en'
}

/** Answers every error and every unknown address of the server with a problem. */
export function answerWithProblems(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const known = refusalIn(error, request)
    if (known === undefined) {
      request.log.error({ err: error }, 'unexpected error')
      return send(request, reply, 500, failure('internal', { where: 'api', reason: 'unexpected error' }), {
        // The catalogue's sentence speaks of an incident that pages; here nothing of that is known.
        next: `Please report this with the log of request ${request.id}.`,
      })
    }
    const headers = known instanceof TurnedAway ? known.headers : {}
    const status = known instanceof TurnedAway ? known.status : statusOf(known.failure)
    if (status >= 500) request.log.warn({ failure: known.failure }, known.message)
    reply.headers(status === 503 ? { 'retry-after': '5', ...headers } : headers)
    return send(request, reply, status, known.failure)
  })
  app.setNotFoundHandler((request, reply) => {
    const where = `${request.method} ${request.url.split('?')[0] ?? ''}`.slice(0, 200)
    return send(request, reply, 404, failure('bad-input', { where, problem: 'there is no such address' }))
  })
}

function refusalIn(error: unknown, request: FastifyRequest): Refused | undefined {
  if (error instanceof Refused) return error
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [issue] = error.validation
    const path = (issue?.instancePath ?? '').split('/').filter(Boolean)
    const where = [error.validationContext ?? 'body', ...path].join('.')
    const { maximum, origin } = issue?.params ?? {}
    if (issue?.keyword === 'too_big' && origin === 'string') {
      return new Refused(failure('text-too-long', { where, length: 'more', limit: Number(maximum) }))
    }
    return new Refused(failure('bad-input', { where, problem: issue?.message ?? 'not understood' }))
  }
  if (isFastifyError(error)) return refusalOfFastify(error, request)
  return undefined
}

/** What Fastify itself refuses, before any of our code has seen the request. */
function refusalOfFastify(error: FastifyError, request: FastifyRequest): Refused | undefined {
  const bad = (status: number, where: string, what: string) =>
    new TurnedAway(status, failure('bad-input', { where, problem: what }))
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return bad(415, 'Content-Type', 'expected application/json')
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return bad(413, 'body', `expected at most ${request.routeOptions.bodyLimit / 1_024} KiB`)
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return bad(400, 'body', 'expected JSON')
    case 'FST_ERR_HANDLER_TIMEOUT':
      return new TurnedAway(
        504,
        failure('no-answer', { seconds: 30, where: `${request.method} ${request.url}` }),
      )
    default:
      return (error.statusCode ?? 500) < 500
        ? bad(error.statusCode ?? 400, 'request', error.message)
        : undefined
  }
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('FST_')
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  refusal: Failure,
  override: Partial<Problem> = {},
): FastifyReply {
  const lang = langOf(request.headers['accept-language'])
  const { what, next } = explain(refusal, lang)
  const { code, name, params } = refusal
  request.refusedWith = code
  const body: Problem = {
    type: `urn:hikeshi:${code}`,
    title: name.replaceAll('-', ' '),
    status,
    detail: what,
    instance: `urn:uuid:${request.id}`,
    code,
    name,
    params,
    next,
    ...override,
  }
  return reply
    .code(status)
    .header('content-language', lang)
    .header('content-type', 'application/problem+json')
    .serializer(JSON.stringify)
    .send(body)
}
