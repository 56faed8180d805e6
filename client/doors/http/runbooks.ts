/** Runbooks over HTTP: what is published, and publishing and withdrawing by a verified person. */
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { failure } from '../../../domain/failures.ts'
import { present } from '../../../domain/present.ts'
import { Refused } from '../../../edge/refused.ts'
import { incidentsQueue } from '../../../wire/messages.ts'
import type { DirectIncidents } from '../../incidents/incidents.ts'
import type { PublishOrder } from '../../incidents/publish.ts'
import type { SignText } from '../../keys.ts'
import {
  commandId,
  commandReceipt,
  idempotent,
  publishBody,
  publishReceipt,
  runbookParams,
  withdrawBody,
} from './bodies.ts'
import { actorOf } from './identity.ts'
import { answers } from './problem.ts'

export type RunbookParts = {
  readonly incidents: Pick<DirectIncidents, 'desk' | 'desks' | 'publish' | 'withdraw'>
  /** Signs for the person who publishes. */
  readonly sign?: SignText | undefined
  /** The keys that signatures under a runbook have to fit. */
  readonly signers?: PublishOrder['signers']
}

const publishes = { right: 'publish' } as const

export function runbookRoutes(plain: FastifyInstance, { incidents, sign, signers }: RunbookParts): void {
  const app = plain.withTypeProvider<ZodTypeProvider>()

  app.get('/runbooks', { config: { right: 'read' } }, async () => {
    const desks = await incidents.desks()
    return Promise.all(desks.map(({ desk, services }) => runbookOf(incidents, desk, services)))
  })

  app.post(
    '/runbooks',
    {
      config: publishes,
      schema: { body: publishBody, headers: idempotent, response: answers(publishReceipt, 200, 202) },
    },
    async (request, reply) => {
      const by = actorOf(request)
      const { book, signatures = [] } = request.body
      const id = commandId('publish', by.id, request.headers['idempotency-key'], request.body)
      const published = await incidents.publish({ book, signatures, by, sign, signers, id })
      return reply.code(published.waits ? 202 : 200).send(published)
    },
  )

  app.post(
    '/runbooks/:runbook/withdraw',
    {
      config: publishes,
      schema: {
        params: runbookParams,
        body: withdrawBody,
        headers: idempotent,
        response: answers(commandReceipt, 200),
      },
    },
    async (request) => {
      const by = actorOf(request)
      const { runbook } = request.params
      const { reason } = request.body
      const key = request.headers['idempotency-key']
      const id = commandId(`withdraw ${runbook}`, by.id, key, request.body)
      return incidents.withdraw(runbook, { reason, by, ...present({ id }) })
    },
  )
}

async function runbookOf(incidents: RunbookParts['incidents'], desk: string, services: readonly string[]) {
  try {
    const { runbook, proposed, withdrawn, frozen, open } = (await incidents.desk(desk)).state
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
      signatures: runbook?.signatures,
      proposed,
      withdrawn,
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
