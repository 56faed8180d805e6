import type { Declaration } from '../domain/incident/commands.ts'
import type { Actor } from '../domain/words.ts'
import { type DeclareReceipt, deskId } from '../workflows/messages.ts'
import type { Temporal } from './connect.ts'
import { findDesk } from './desks.ts'
import { refused } from './refused.ts'
import { isGone } from './temporal-errors.ts'
import { sendUpdate } from './updates.ts'

export type DeclareOrder = {
  /** `service` may name its system too: `shodo/backend`. */
  readonly declaration: Omit<Declaration, 'dataLoss' | 'breach'> & {
    readonly dataLoss?: boolean
    readonly breach?: boolean
  }
  readonly by: Actor
  /** Names the report: the same key within 24 h is the same report. */
  readonly key?: string | undefined
  /** Open a new incident even where one about the same trouble is open. */
  readonly fresh?: boolean
  readonly system?: string | undefined
  readonly id?: string | undefined
}

/** Hands a declaration to the desk that cares for the service; the desk numbers it or puts it to an open incident. */
export async function declareIncident(temporal: Temporal, order: DeclareOrder): Promise<DeclareReceipt> {
  const { declaration, by, key, fresh = false, system, id } = order
  const { desk, service } = await findDesk(temporal, { service: declaration.service, system })
  try {
    return await sendUpdate<DeclareReceipt>(temporal, {
      workflow: deskId(desk),
      name: 'declare',
      input: {
        by,
        declaration: { ...declaration, service },
        ...(key === undefined ? {} : { key }),
        fresh,
      },
      id: id ?? crypto.randomUUID(),
    })
  } catch (error) {
    if (isGone(error)) throw refused('no-runbook', {}, { cause: error })
    throw error
  }
}
