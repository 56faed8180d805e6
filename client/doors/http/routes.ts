/** What can be asked and told over HTTP. GET changes nothing, ever; every change is a POST by a person. */
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { present } from '../../../domain/present.ts'
import { report } from '../../../domain/telling/report.ts'
import { localTime } from '../../../edge/local-time.ts'
import type { Incidents } from '../../incidents/incidents.ts'
import { isTaken } from '../../incidents/picture.ts'
import { type Shown, toldByWorker } from '../../incidents/shown.ts'
import {
  type ApiCommand,
  apiCommands,
  bodyOf,
  commandId,
  commandOf,
  commandReceipt,
  declareBody,
  declareReceipt,
  diagnoseBody,
  freezeBody,
  idempotent,
  incidentParams,
  listQuery,
  overviewBody,
  readingBody,
  reportQuery,
  similarQuery,
  situationQuery,
  timelineQuery,
} from './bodies.ts'
import { actorOf } from './identity.ts'
import { AtOnce, type Cost } from './limits.ts'
import { waiting } from './pictures.ts'
import { answers, langOf } from './problem.ts'

const read = { config: { right: 'read' } } as const
const respond = { config: { right: 'respond' } } as const

/** What a command costs, where it is more than a word. */
const costs: Partial<Record<ApiCommand, Cost>> = {
  run: 'run',
  undo: 'run',
  retry: 'run',
  verify: 'run',
  situation: 'run',
}

/** Each look opens connections to what is in trouble already. */
const looksAtOnce = { each: 2, all: 4 }
/** Each reads files of many incidents. */
const comparisonsAtOnce = { each: 2, all: 4 }
const waitsAtOnce = { each: 10, all: 200 }

export function incidentRoutes(plain: FastifyInstance, incidents: Incidents): void {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  const looks = new AtOnce(looksAtOnce.each, looksAtOnce.all)
  const comparisons = new AtOnce(comparisonsAtOnce.each, comparisonsAtOnce.all)
  const waits = new AtOnce(waitsAtOnce.each, waitsAtOnce.all)
  const { until } = waiting((incident) => incidents.show(incident))

  app.post(
    '/incidents',
    {
      config: { right: 'respond', cost: 'declare' },
      schema: { body: declareBody, headers: idempotent, response: answers(declareReceipt, 200, 201) },
    },
    async (request, reply) => {
      const by = actorOf(request)
      const { key, fresh = false, system, ...declaration } = request.body
      const id = commandId('declare', by.id, request.headers['idempotency-key'], request.body)
      const receipt = await incidents.declare({ declaration, by, key, fresh, system, id })
      return reply
        .code(receipt.created ? 201 : 200)
        .header('location', `/incidents/${receipt.incident}`)
        .send(receipt)
    },
  )

  app.get('/incidents', { ...read, schema: { querystring: listQuery } }, ({ query }) => {
    const { all, limit, ...only } = query
    return incidents.list({ all: all === 'true', limit, ...only })
  })

  app.get('/incidents/:incident', { ...read, schema: { params: incidentParams } }, ({ params }) =>
    incidents.show(params.incident),
  )

  app.get(
    '/incidents/:incident/timeline',
    { ...read, schema: { params: incidentParams, querystring: timelineQuery } },
    async ({ params, query }, reply) => {
      const { from, limit } = query
      const events = (await incidents.timeline(params.incident)).filter((event) => event.seq >= from)
      const page = events.slice(0, limit)
      const next = events[limit]
      if (next !== undefined) {
        const address = `/incidents/${params.incident}/timeline?from=${next.seq}&limit=${limit}`
        reply.header('link', `<${address}>; rel="next"`)
      }
      return page
    },
  )

  app.get(
    '/incidents/:incident/situation',
    { ...read, schema: { params: incidentParams, querystring: situationQuery } },
    async (request) => {
      const { incident } = request.params
      const waitMs = request.query.wait * 1_000
      if (waitMs === 0) return pictureOf(await incidents.show(incident))
      return waits.run(request, async () =>
        pictureOf(await until(incident, isNewest, waitMs, request.signal)),
      )
    },
  )

  app.get(
    '/incidents/:incident/report',
    { ...read, schema: { params: incidentParams, querystring: reportQuery } },
    async ({ params, query, headers }) => {
      const { state } = toldByWorker(await incidents.show(params.incident))
      const lang = query.lang ?? langOf(headers['accept-language'])
      const zone = state.runbook.book.timezone
      const text = report(state, lang, { localTime: (ms) => localTime(ms, zone), now: Date.now() })
      return { incident: state.id, lang, text }
    },
  )

  app.get(
    '/incidents/:incident/similar',
    { ...read, schema: { params: incidentParams, querystring: similarQuery } },
    (request) => {
      const { service, ...more } = request.query
      const about = service === undefined ? undefined : { service, ...more }
      return comparisons.run(request, () => incidents.similar(request.params.incident, about))
    },
  )

  app.post(
    '/diagnoses',
    { config: { right: 'respond', cost: 'diagnose' }, schema: { body: diagnoseBody } },
    (request) => looks.run(request, () => incidents.diagnose(request.body)),
  )

  app.post(
    '/overviews',
    { config: { right: 'read', cost: 'overview' }, schema: { body: overviewBody } },
    ({ body }) => incidents.overview(body),
  )

  app.post(
    '/readings',
    { config: { right: 'respond', cost: 'diagnose' }, schema: { body: readingBody } },
    (request) => looks.run(request, () => incidents.read(request.body)),
  )

  app.post('/freeze', { ...respond, schema: { body: freezeBody } }, (request) =>
    incidents.freeze(request.body.on, actorOf(request)),
  )

  for (const type of apiCommands) commandRoute(plain, type, incidents)
}

function commandRoute(plain: FastifyInstance, type: ApiCommand, incidents: Incidents): void {
  const cost = costs[type]
  plain.withTypeProvider<ZodTypeProvider>().post(
    `/incidents/:incident/${type}`,
    {
      config: { ...respond.config, ...present({ cost }) },
      schema: {
        params: incidentParams,
        body: bodyOf(type),
        headers: idempotent,
        response: answers(commandReceipt, 200),
      },
    },
    async (request) => {
      const { incident } = request.params
      const by = actorOf(request)
      const id = commandId(type, by.id, request.headers['idempotency-key'], request.body)
      return incidents.command(incident, commandOf(type, by, request.body), present({ id }))
    },
  )
}

/** What no worker answers for is worded by `pictureOf`, at once. */
function isNewest(shown: Shown): boolean {
  return shown.source !== 'worker' || isTaken(shown.state)
}

/** The newest picture that was taken, and whether a newer one is on its way (`wanted` > `number`). */
function pictureOf(shown: Shown) {
  const { id, service, severity, phase, findings, situation } = toldByWorker(shown).state
  const { taken, wanted } = situation
  return { incident: id, service, severity, phase, wanted, ...(taken ?? { number: 0, parts: {} }), findings }
}
