/** The API as one Fastify server: the door (who, from where, how much) first, then the routes. It keeps no state of its own. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { explain, type Failure } from '../../../domain/failures.ts'
import { Refused } from '../../../edge/refused.ts'
import type { DirectIncidents } from '../../incidents/incidents.ts'
import type { PublishOrder } from '../../incidents/publish.ts'
import type { AlertReader } from '../../incidents/report-alerts.ts'
import type { SignText } from '../../keys.ts'
import { admitMachines, alertDoors } from './alerts.ts'
import { approveRoute } from './approve.ts'
import type { Attest } from './attest.ts'
import { answerUnrouted, logRequests, longestParameter, markAnswer } from './every-request.ts'
import { admitPeople, refuseClaims } from './identity.ts'
import { onlyJson } from './json.ts'
import { limitRequests } from './limits.ts'
import { browserGuard } from './network.ts'
import { answerWithProblems, langOf, validatorCompiler } from './problem.ts'
import { incidentRoutes } from './routes.ts'
import { runbookRoutes } from './runbooks.ts'
import type { Tokens } from './tokens.ts'
import { limitBytesUnderWay } from './under-way.ts'

const bodyLimitBytes = 256 * 1024
const requestTimeoutMs = 30_000
/** Each holds a file open, and without files nobody's token can be read. */
const connectionsAtMost = 5_000

export type ApiParts = {
  readonly incidents: DirectIncidents
  /** The monitoring systems whose messages are read. */
  readonly alertReaders: readonly AlertReader[]
  /** Without them nobody is verified, and the server must listen on loopback only. */
  readonly tokens?: Tokens | undefined
  readonly attest?: Attest | undefined
  /** Signs a runbook for the person who publishes it. */
  readonly sign?: SignText | undefined
  /** The keys that signatures which come with a runbook have to fit; without they are taken as they come. */
  readonly signers?: PublishOrder['signers']
  /** Why Temporal cannot be reached; undefined when it can. */
  readonly unreachable: () => Promise<Failure | undefined>
  /** How many workflows are stuck (docs/stuck-workflow.md); health says nothing of it without. */
  readonly stuck?: () => Promise<number>
  readonly onLoopback: boolean
  /** Further names of this host, such as that of a proxy in front. */
  readonly hosts?: readonly string[]
  /** Where the log goes, one JSON object a line; nowhere without it. */
  readonly log?: { readonly write: (line: string) => void } | undefined
}

export function buildApi(parts: ApiParts): FastifyInstance {
  const app = Fastify({
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    handlerTimeout: requestTimeoutMs,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: longestParameter },
    frameworkErrors: answerUnrouted,
    genReqId: () => randomUUID(),
    logger:
      parts.log === undefined
        ? false
        : {
            stream: parts.log,
            redact: ['req.headers.authorization', 'headers.authorization', 'authorization'],
          },
    logController: new LogController({ disableRequestLogging: true }),
  })
  app.server.maxConnections = connectionsAtMost
  app.setValidatorCompiler(validatorCompiler)
  // Answers are ours and typed; a schema that lags behind must not turn a change that was made into an error.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
  answerWithProblems(app)
  logRequests(app)

  const guard = browserGuard(parts.hosts ?? [], parts.onLoopback)
  app.addHook('onRequest', async (request, reply) => {
    markAnswer(request, reply)
    guard(request)
  })
  onlyJson(app)

  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'hikeshi', description: 'Incident runbooks as durable workflows', version: '1' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  })
  const watch = watchOver(parts.unreachable)
  const { look } = watch
  app.register(async (open) => openRoutes(open, parts, look))
  app.register(async (inner) => {
    admitPeople(inner, parts.tokens)
    limitRequests(inner)
    limitBytesUnderWay(inner)
    refuseWithoutTemporal(inner, watch)
    inner.addHook('preValidation', async (request) => refuseClaims(request))
    incidentRoutes(inner, parts.incidents)
    approveRoute(inner, parts)
    runbookRoutes(inner, parts)
  })
  app.register(async (doors) => {
    admitMachines(doors, parts.tokens)
    limitBytesUnderWay(doors)
    refuseWithoutTemporal(doors, watch)
    alertDoors(doors, parts.incidents, parts.alertReaders)
  })
  return app
}

type Look = ApiParts['unreachable']

/**
 * A call to a Temporal that is away waits as long as one that no worker answers, and ends alike. So it is asked for before, which
 * answers in 3 s instead of 20, and once more when a call went unanswered.
 */
function refuseWithoutTemporal(app: FastifyInstance, { look, glance }: Watch): void {
  app.addHook('preHandler', async () => {
    const trouble = await glance()
    if (trouble !== undefined) throw new Refused(trouble)
  })
  app.setErrorHandler(async (error) => {
    // Thrown on to the handler of the whole server, which words it.
    if (!(error instanceof Refused) || error.failure.name !== 'no-worker') throw error
    const trouble = await look()
    throw trouble === undefined ? error : new Refused(trouble)
  })
}

/** Open to everybody who may reach the port: whether the API lives, and how it is spoken to. */
function openRoutes(app: FastifyInstance, { tokens, stuck: countStuck }: ApiParts, look: Look): void {
  const temporalTrouble = promptly(look)
  // Temporal allows ten such questions a second for everybody together.
  const stuck = promptly(
    atMostEvery(5_000, async () => countStuck?.().catch(() => undefined)),
    { answer: undefined },
  )
  app.get('/health', { logLevel: 'warn', schema: { security: [] } }, async (request, reply) => {
    const trouble = await temporalTrouble()
    const lang = langOf(request.headers['accept-language'])
    const temporal =
      trouble === undefined
        ? { reachable: true }
        : { reachable: false, code: trouble.code, next: explain(trouble, lang).next }
    const stuckWorkflows = trouble === undefined ? await stuck() : undefined
    // The reason could name paths; it is in the log.
    const tokenFile =
      tokens === undefined ? 'none' : tokens.trouble() === undefined ? 'in force' : 'last good version'
    return reply.code(trouble === undefined ? 200 : 503).send({ temporal, tokens: tokenFile, stuckWorkflows })
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}

/** Requests and probes may come in any number; what they ask for is asked once every so often. */
function atMostEvery<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let asked = Number.NEGATIVE_INFINITY
  let answer: Promise<T> | undefined
  return () => {
    if (answer === undefined || performance.now() - asked > ms) {
      asked = performance.now()
      answer = ask()
    }
    return answer
  }
}

/** A probe gives up after a second, and what probes the API may kill it: two such questions must have room in that. */
const probedWithinMs = 300

/** Who asks has the answer from before where the new one takes longer than that; the very first one is waited for. */
function promptly<T>(ask: () => Promise<T>, before?: { readonly answer: T }): () => Promise<T> {
  let known = before
  return async () => {
    const now = ask().then((answer) => {
      known = { answer }
      return answer
    })
    return known === undefined ? now : Promise.race([now, sleep(probedWithinMs, known.answer)])
  }
}

type Watch = {
  readonly look: Look
  /** The same, but while all was well nobody waits for it: in a storm of alerts Temporal takes seconds to answer this. */
  readonly glance: Look
}

function watchOver(ask: Look): Watch {
  let wasWell = false
  const look = atMostEvery(1_000, async () => {
    const trouble = await ask()
    wasWell = trouble === undefined
    return trouble
  })
  const glance = async () => {
    const now = look()
    return wasWell ? undefined : now
  }
  return { look, glance }
}
