/**
 * Doors for monitoring systems. Alertmanager takes every 4xx for an answer that ends the matter, so whatever may pass is 503: a
 * message is refused for good only where its sender is unknown or it is no message at all.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { name } from '../../domain/runbook/runbook.ts'
import { type Actor, severities } from '../../domain/words.ts'
import { alertmanagerMessage, hearAlertmanager } from '../alerts/alertmanager.ts'
import type { Incidents } from '../incidents.ts'
import { Refused } from '../refused.ts'
import { commandReceipt, declareReceipt } from './bodies.ts'
import { actorOf, machineToken, unauthorized } from './identity.ts'
import { problem, TurnedAway } from './problem.ts'
import type { Tokens } from './tokens.ts'

/** A group of some thousand alerts. */
const bodyLimitBytes = 8 * 1024 * 1024
const retryAfterSeconds = '5'

const defaults = z.strictObject({
  runbook: name.optional(),
  service: z.string().max(81).optional(),
  symptom: name.optional(),
  severity: z.enum(severities).optional(),
})

const receipt = declareReceipt.partial().extend(commandReceipt.shape)

export function alertDoors(plain: FastifyInstance, incidents: Pick<Incidents, 'alerts'>): void {
  plain.withTypeProvider<ZodTypeProvider>().post(
    '/doors/alertmanager',
    {
      bodyLimit: bodyLimitBytes,
      schema: {
        body: alertmanagerMessage,
        querystring: defaults,
        response: {
          200: receipt,
          default: {
            description: 'Refused, or to be sent again',
            content: { 'application/problem+json': { schema: problem } },
          },
        },
      },
    },
    async (request) => {
      const by = actorOf(request)
      const heard = hearAlertmanager(request.body, request.query, by.verified ? by.id : undefined)
      letGo(request)
      try {
        return await incidents.alerts(heard, by)
      } catch (error) {
        throw error instanceof Refused ? later(error) : error
      }
    },
  )
}

/** The message may wait long for its desk, and only what was heard of it is wanted then. */
function letGo(request: FastifyRequest): void {
  request.body = undefined
}

function later({ failure: why }: Refused): TurnedAway {
  return new TurnedAway(503, why, { 'retry-after': retryAfterSeconds })
}

/** The machine that the token names, as Bearer or as the password of Basic; without a token file nobody is verified. */
export async function identifyMachine(request: FastifyRequest, tokens: Tokens | undefined): Promise<Actor> {
  if (tokens === undefined) return { kind: 'alert', id: 'alertmanager', verified: false }
  const given = machineToken(request.headers.authorization)
  const machine = given === undefined ? undefined : await tokens.machineOf(given.token, Date.now())
  if (machine === undefined || (given?.user !== undefined && given.user !== machine))
    throw unauthorized(given === undefined)
  return { kind: 'alert', id: machine, verified: true }
}
