/** Saying yes to a step: the one command under which the API signs that it checked the person, and what this person saw. */
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { present } from '../../../domain/present.ts'
import type { Incidents } from '../../incidents/incidents.ts'
import { type Approve, type Attest, withAttestation } from './attest.ts'
import { approveBody, commandId, commandReceipt, idempotent, incidentParams } from './bodies.ts'
import { actorOf } from './identity.ts'
import { answers } from './problem.ts'

export type ApproveParts = {
  readonly incidents: Pick<Incidents, 'command' | 'show'>
  /** Without it approvals go on unsigned. */
  readonly attest?: Attest | undefined
}

export function approveRoute(plain: FastifyInstance, { incidents, attest }: ApproveParts): void {
  plain.withTypeProvider<ZodTypeProvider>().post(
    '/incidents/:incident/approve',
    {
      config: { right: 'approve' },
      schema: {
        params: incidentParams,
        body: approveBody,
        headers: idempotent,
        response: answers(commandReceipt, 200),
      },
    },
    async (request) => {
      const { incident } = request.params
      const by = actorOf(request)
      const id = commandId('approve', by.id, request.headers['idempotency-key'], request.body)
      const order = await signed(incident, { type: 'approve', ...request.body, by })
      return incidents.command(incident, order, present({ id }))
    },
  )

  /** Nothing is signed for somebody who may be anybody, nor under what no worker shows. */
  async function signed(incident: string, approve: Approve): Promise<Approve> {
    if (attest === undefined || !approve.by.verified) return approve
    const shown = await incidents.show(incident)
    return shown.source === 'worker' ? withAttestation(approve, shown.state, attest) : approve
  }
}
