/**
 * Doors for monitoring systems. Alertmanager takes every 4xx for an answer that ends the matter, so whatever may pass is 503: a
 * message is refused for good only where its sender is unknown or may not speak of that runbook, or where it is no message at all.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { failure } from '../../../domain/failures.ts'
import { present } from '../../../domain/present.ts'
import { type Actor, atLeast } from '../../../domain/words.ts'
import { Refused } from '../../../edge/refused.ts'
import type { DirectIncidents } from '../../incidents/incidents.ts'
import type { AlertReader, AlertsReceipt, HeardAlerts } from '../../incidents/report-alerts.ts'
import { commandReceipt, declareReceipt } from './bodies.ts'
import { actorOf, machineToken, unauthorized } from './identity.ts'
import { isForwarded } from './network.ts'
import { problem, TurnedAway } from './problem.ts'
import type { Machine } from './token-file.ts'
import type { Tokens } from './tokens.ts'

/** A group of some thousand alerts. */
const bodyLimitBytes = 8 * 1024 * 1024
const retryAfterSeconds = '5'

/** Nothing of a message that holds only alerts which say of themselves that they are no trouble. */
const receipt = declareReceipt
  .extend(commandReceipt.shape)
  .partial()
  .extend({ ignored: z.array(z.string()).readonly().optional() })

declare module 'fastify' {
  interface FastifyRequest {
    /** What the token of a monitoring system lets it say. */
    machine?: Pick<Machine, 'runbooks' | 'worst'>
  }
}

/** One route for each system whose messages are read. */
export function alertDoors(
  plain: FastifyInstance,
  incidents: Pick<DirectIncidents, 'alerts'>,
  readers: readonly AlertReader[],
): void {
  logRefusals(plain)
  for (const reader of readers) alertDoor(plain, incidents, reader)
}

function alertDoor(
  plain: FastifyInstance,
  incidents: Pick<DirectIncidents, 'alerts'>,
  { path, body, querystring, hear }: AlertReader,
): void {
  plain.withTypeProvider<ZodTypeProvider>().post(
    path,
    {
      bodyLimit: bodyLimitBytes,
      schema: {
        body,
        querystring,
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
      const sender = by.verified ? by.id : undefined
      const { heard, ignored } = hear(request.body, request.query, sender)
      letGo(request)
      const told = heard.map((one) => asMayBe(one, request.machine ?? {}, by))
      const [first] = await Promise.all(told.map((one) => reported(incidents, one, by)))
      return { ...first, ...(ignored.length === 0 ? {} : { ignored }) }
    },
  )
}

async function reported(
  incidents: Pick<DirectIncidents, 'alerts'>,
  heard: HeardAlerts,
  by: Actor,
): Promise<AlertsReceipt> {
  try {
    return await incidents.alerts(heard, by)
  } catch (error) {
    throw error instanceof Refused ? later(error) : error
  }
}

/** What was heard, kept within what the machine's token is for. */
function asMayBe(
  heard: HeardAlerts,
  { runbooks, worst }: Pick<Machine, 'runbooks' | 'worst'>,
  by: Actor,
): HeardAlerts {
  const { runbook, trouble } = heard
  if (runbook !== undefined && runbooks?.includes(runbook) === false) {
    const reason = {
      en: `its token is for alerts of ${runbooks.join(', ')}, but these are for ${runbook}`,
      ja: `このトークンは ${runbooks.join(', ')} のアラート用です（受信したアラート: ${runbook}）`,
    }
    throw new TurnedAway(403, failure('not-permitted', { person: by.id, reason }))
  }
  const isTooBad = worst !== undefined && !atLeast(worst, trouble.severity)
  return {
    ...heard,
    ...present({ within: runbooks }),
    ...(isTooBad ? { trouble: { ...trouble, severity: worst } } : {}),
  }
}

/** The message may wait long for its desk, and only what was heard of it is wanted then. */
function letGo(request: FastifyRequest): void {
  request.body = undefined
}

function later({ failure: why }: Refused): TurnedAway {
  return new TurnedAway(503, why, { 'retry-after': retryAfterSeconds })
}

/** Alertmanager throws the sentence of a refusal away: whoever looks for a lost alert finds it here. */
function logRefusals(app: FastifyInstance): void {
  app.addHook('onError', async (request, _, error) => {
    request.log.warn({ sender: request.actor?.id, reason: error.message }, 'alerts refused')
  })
}

/** Lets in the machine that a token names, as Bearer or as the password of Basic; without a token file nobody is verified. */
export function admitMachines(app: FastifyInstance, tokens: Tokens | undefined): void {
  app.addHook('onRequest', async (request) => {
    if (tokens === undefined) {
      if (isForwarded(request)) throw unauthorized(true)
      request.actor = { kind: 'alert', id: 'alertmanager', verified: false }
      return
    }
    const given = machineToken(request.headers.authorization)
    const machine = given === undefined ? undefined : await tokens.machineOf(given.token, Date.now())
    if (machine === undefined || (given?.user !== undefined && given.user !== machine.name))
      throw unauthorized(given === undefined)
    request.actor = { kind: 'alert', id: machine.name, verified: true, checked: 'token' }
    request.machine = machine
  })
}
