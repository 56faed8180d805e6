/**
 * Every refusal as RFC 9457 problem details, in the caller's language. Nothing of an unknown error but its request id goes out, and nothing
 * of where Temporal is: what is left out here is in the log.
 */

import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchemaCompiler,
} from 'fastify'
import { z } from 'zod'
import { expected } from '../../../domain/expected.ts'
import { explain, type Failure, failure, failures } from '../../../domain/failures.ts'
import { inputFailure } from '../../../domain/incident/commands.ts'
import { type Lang, type Text, text } from '../../../domain/words.ts'
import { Refused } from '../../../edge/refused.ts'

export const problem = z.object({
  type: z.string().describe('urn:hikeshi:HK304; stable'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().describe('What happened, for people'),
  instance: z.string().describe('The id of this request, as in the log'),
  code: z.string(),
  name: z.string(),
  params: z
    .record(z.string(), z.union([z.string(), z.number(), text]))
    .describe('What fills the places of the two sentences; texts are given in both languages'),
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
  if (name === 'not-permitted' || name === 'unverified-approver' || name === 'verified-only') return 403
  if (name === 'key-used') return 422
  if (name === 'too-many-requests') return 429
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
  const methodsAt = addresses(app)
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.url)
    const where = `${request.method} ${path}`.slice(0, 200)
    const methods = methodsAt(path)
    if (methods.length === 0)
      return send(
        request,
        reply,
        404,
        failure('bad-input', {
          where,
          problem: { en: 'there is no such address', ja: 'そのようなアドレスはありません' },
        }),
      )
    reply.header('allow', methods.join(', '))
    const problem = {
      en: `this address supports ${methods.join(', ')}`,
      ja: `このアドレスで使えるのは ${methods.join(', ')} です`,
    }
    return send(request, reply, 405, failure('bad-input', { where, problem }))
  })
}

/** The handler of everything that is thrown. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = refusalIn(error, request)
  if (known === undefined) {
    request.log.error({ err: error }, 'unexpected error')
    return send(
      request,
      reply,
      500,
      failure('internal', { where: 'api', reason: { en: 'unexpected error', ja: '予期しないエラー' } }),
    )
  }
  const headers = known instanceof TurnedAway ? known.headers : {}
  const status = known instanceof TurnedAway ? known.status : statusOf(outward(known.failure, request.id))
  if (status >= 500) request.log.warn({ failure: known.failure }, known.message)
  reply.headers(status === 503 ? { 'retry-after': '5', ...headers } : headers)
  return send(request, reply, status, known.failure)
}

/** The methods that an address knows; none where there is no such address. */
function addresses(app: FastifyInstance): (path: string) => readonly string[] {
  const known: { readonly path: RegExp; readonly methods: readonly string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    const path = new RegExp(`^${url.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}/?$`)
    known.push({ path, methods: [method].flat() })
  })
  return (path) => [
    ...new Set(known.filter((route) => route.path.test(path)).flatMap((route) => route.methods)),
  ]
}

function refusalIn(error: unknown, request: FastifyRequest): Refused | undefined {
  if (error instanceof Refused) return error
  if (isFastifyError(error)) return refusalOfFastify(error, request)
  return undefined
}

/** What Fastify itself refuses, before any of our code has seen the request. */
function refusalOfFastify(error: FastifyError, request: FastifyRequest): Refused | undefined {
  const bad = (status: number, where: string, what: string | Text) =>
    new TurnedAway(status, failure('bad-input', { where, problem: what }))
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return bad(415, 'Content-Type', expected('application/json', 'application/json'))
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return bad(
        413,
        'body',
        expected(
          `at most ${request.routeOptions.bodyLimit / 1_024} KiB`,
          `${request.routeOptions.bodyLimit / 1_024} KiB 以下`,
        ),
      )
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return bad(400, 'body', expected('JSON', 'JSON'))
    case 'FST_ERR_HANDLER_TIMEOUT':
      return new TurnedAway(
        504,
        failure('no-answer', { seconds: 30, where: `${request.method} ${pathOf(request.url)}` }),
      )
    default:
      return (error.statusCode ?? 500) < 500
        ? bad(error.statusCode ?? 400, 'request', error.message)
        : undefined
  }
}

/** The catalogue's sentence speaks of an incident that pages; here nothing of that is known. */
function inTheLog(request: string): Text {
  return {
    en: `Please report this with the log of request ${request}.`,
    ja: `要求 ${request} のログを添えて報告してください。`,
  }
}

/** A failure as a caller may know it: what lies behind the API is in its log alone, and nobody here types flags. */
function outward(refusal: Failure, request: string): Failure {
  const { name, params } = refusal
  if (name === 'internal')
    return failure(name, { where: 'api', reason: { en: `request ${request}`, ja: `要求 ${request}` } })
  if (name === 'temporal-unreachable')
    return failure(name, {
      address: 'TEMPORAL_ADDRESS',
      reason: { en: `request ${request}`, ja: `要求 ${request}` },
    })
  const { where } = params
  if (typeof where !== 'string') return refusal
  const plain = where.replace(/^\S+ --with\b/, 'body.with').replace(/^--/, 'query.')
  // A setting of the server's own that is wrong is no mistake of the caller.
  if (where.startsWith('TEMPORAL_'))
    return failure('internal', { where: 'api', reason: { en: `request ${request}`, ja: `要求 ${request}` } })
  return { ...refusal, params: { ...params, where: plain } }
}

/** What comes in, or a refusal in words of our own: where it is wrong, what was expected, what was found. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const part = httpPart === 'querystring' ? 'query' : (httpPart ?? 'body')
  return (value) => {
    const { success, data } = schema.safeParse(value)
    return success ? { value: data } : { error: new Refused(inputFailure(part, schema, value)) }
  }
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('FST_')
}

function send(request: FastifyRequest, reply: FastifyReply, status: number, refusal: Failure): FastifyReply {
  const lang = langOf(request.headers['accept-language'])
  const told = outward(refusal, request.id)
  const { what, next } = explain(told, lang)
  const { code, name, params } = told
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
    next: name === 'internal' ? inTheLog(request.id)[lang] : next,
  }
  return reply
    .code(status)
    .header('content-language', lang)
    .header('content-type', 'application/problem+json')
    .serializer(JSON.stringify)
    .send(body)
}

/** Answers as they are documented: receipts with their statuses, problems with everything else. */
export function answers(schema: z.ZodType, ...statuses: readonly number[]): Record<string, unknown> {
  const good = Object.fromEntries(statuses.map((status) => [status, schema]))
  const content = { 'application/problem+json': { schema: problem } }
  return { ...good, default: { description: 'Refused, or out of reach', content } }
}

/** Without the query: somebody may put a secret there although nothing here reads one. */
export function pathOf(url: string): string {
  return url.split('?')[0] ?? ''
}
