/** What can be asked and told over HTTP. GET changes nothing, ever; every change is a POST by a person. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { failure } from '../../domain/failures.ts'
import { report } from '../../domain/incident/report.ts'
import type { IncidentState } from '../../domain/incident/state.ts'
import { incidentsQueue } from '../../workflows/messages.ts'
import { localTime } from '../cli/local-time.ts'
import type { CommandBody } from '../commands.ts'
import type { Incidents } from '../incidents.ts'
import { Refused, refused } from '../refused.ts'
import type { Shown } from '../show.ts'
import { type Attest, withAttestation } from './attest.ts'
import {
  type ApiCommand,
  apiCommands,
  bodyOf,
  commandId,
  commandReceipt,
  declareBody,
  declareReceipt,
  diagnoseBody,
  freezeBody,
  idempotent,
  incidentParams,
  listQuery,
  reportQuery,
  situationQuery,
  timelineQuery,
} from './bodies.ts'
import { actorOf, refuseClaims } from './identity.ts'
import { langOf, problem } from './problem.ts'

export type RouteParts = { readonly incidents: Incidents; readonly attest?: Attest | undefined }

export function incidentRoutes(plain: FastifyInstance, { incidents, attest }: RouteParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  app.addHook('preValidation', async (request) => refuseClaims(request))

  app.post(
    '/incidents',
    { schema: { body: declareBody, headers: idempotent, response: answers(declareReceipt, 200, 201) } },
    async (request, reply) => {
      const by = actorOf(request)
      const { key, fresh = false, system, ...declaration } = request.body
      const header = request.headers['idempotency-key']
      const id = header === undefined ? undefined : commandId('declare', by.id, header)
      // The desk keeps keys over its continue-as-new; Temporal knows an update's id only within one run.
      const receipt = await incidents.declare({ declaration, by, key: key ?? id, fresh, system, id })
      return reply
        .code(receipt.created ? 201 : 200)
        .header('location', `/incidents/${receipt.incident}`)
        .send(receipt)
    },
  )

  app.get('/incidents', { schema: { querystring: listQuery } }, ({ query: { all = false, ...only } }) =>
    incidents.list({ all, ...only }),
  )

  app.get('/incidents/:incident', { schema: { params: incidentParams } }, ({ params }) =>
    incidents.show(params.incident),
  )

  app.get(
    '/incidents/:incident/timeline',
    { schema: { params: incidentParams, querystring: timelineQuery } },
    async ({ params, query }) => {
      const events = await incidents.timeline(params.incident)
      const { from = 1 } = query
      return events.filter((event) => event.seq >= from)
    },
  )

  app.get(
    '/incidents/:incident/situation',
    { schema: { params: incidentParams, querystring: situationQuery } },
    async ({ params, query }) => {
      const until = Date.now() + query.wait * 1_000
      let picture = pictureOf(await incidents.show(params.incident))
      while (picture.number < picture.wanted && Date.now() < until) {
        await pause(100)
        picture = pictureOf(await incidents.show(params.incident))
      }
      return picture
    },
  )

  app.get(
    '/incidents/:incident/report',
    { schema: { params: incidentParams, querystring: reportQuery } },
    async ({ params, query, headers }) => {
      const state = stateOf(await incidents.show(params.incident))
      const lang = query.lang ?? langOf(headers['accept-language'])
      const zone = state.runbook.book.timezone
      const text = report(state, lang, { localTime: (ms) => localTime(ms, zone), now: Date.now() })
      return { incident: state.id, lang, text }
    },
  )

  app.get('/runbooks', async () => {
    const desks = await incidents.desks()
    return Promise.all(desks.map(({ desk, services }) => runbookOf(incidents, desk, services)))
  })

  app.post('/diagnoses', { schema: { body: diagnoseBody } }, (request) => incidents.diagnose(request.body))

  app.post('/freeze', { schema: { body: freezeBody } }, (request) =>
    incidents.freeze(request.body.on, actorOf(request)),
  )

  for (const type of apiCommands) commandRoute(plain, type, incidents, attest)
}

function commandRoute<T extends ApiCommand>(
  plain: FastifyInstance,
  type: T,
  incidents: Incidents,
  attest: Attest | undefined,
): void {
  plain.withTypeProvider<ZodTypeProvider>().post(
    `/incidents/:incident/${type}`,
    {
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
      const key = request.headers['idempotency-key']
      // The schema above is that of this very command, without what is put in here.
      const body = { ...request.body, by } as unknown as CommandBody<T>
      const attested = await attestedBody(type, incident, body)
      return incidents.command(incident, type, attested, {
        ...(key === undefined ? {} : { id: commandId(type, by.id, key) }),
      })
    },
  )

  async function attestedBody(
    command: ApiCommand,
    incident: string,
    body: CommandBody<T>,
  ): Promise<CommandBody<T>> {
    if (command !== 'approve' || attest === undefined || !body.by.verified) return body
    const shown = await incidents.show(incident)
    if (shown.source !== 'worker') return body
    const approve = body as unknown as CommandBody<'approve'>
    return withAttestation(approve, shown.state, attest) as unknown as CommandBody<T>
  }
}

/** What only a worker can tell. */
function stateOf(shown: Shown): IncidentState {
  if (shown.source === 'worker') return shown.state
  throw refused('no-worker', { queue: incidentsQueue })
}

/** The newest picture that was taken, and whether a newer one is on its way (`wanted` > `number`). */
function pictureOf(shown: Shown) {
  const { id, service, severity, phase, findings, situation } = stateOf(shown)
  const { taken, wanted } = situation
  return { incident: id, service, severity, phase, wanted, ...(taken ?? { number: 0, parts: {} }), findings }
}

async function runbookOf(incidents: Incidents, desk: string, services: readonly string[]) {
  try {
    const { runbook, frozen, open } = (await incidents.desk(desk)).state
    const { book, version, sha256, publishedBy, publishedAt } = runbook ?? {}
    const symptoms = book?.symptoms.map(({ id, service, title }) => ({ id, service, title })) ?? []
    const openIncidents = Object.keys(open)
    return {
      runbook: desk,
      title: book?.title,
      version,
      sha256,
      publishedBy,
      publishedAt,
      services,
      symptoms,
      frozen,
      openIncidents,
    }
  } catch (error) {
    // Which desks there are is known without a worker; the rest is not.
    if (error instanceof Refused && error.failure.name === 'no-worker') {
      return { runbook: desk, services, unknown: failure('no-worker', { queue: incidentsQueue }) }
    }
    throw error
  }
}

/** Answers as they are documented: receipts with their statuses, problems with everything else. */
function answers(schema: z.ZodType, ...statuses: readonly number[]): Record<string, unknown> {
  const good = Object.fromEntries(statuses.map((status) => [status, schema]))
  const content = { 'application/problem+json': { schema: problem } }
  return { ...good, default: { description: 'Refused, or out of reach', content } }
}
