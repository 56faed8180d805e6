import { commandVersion, type Declaration } from '../../domain/incident/commands.ts'
import { present } from '../../domain/present.ts'
import type { Actor } from '../../domain/words.ts'
import type { DeclareReceipt } from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { isGone } from '../temporal/errors.ts'
import { findDesk, noSuchDesk } from './desks.ts'
import { post } from './post.ts'

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
    return (await post(temporal, desk, {
      type: 'declare',
      v: commandVersion,
      id: id ?? crypto.randomUUID(),
      by,
      declaration: { ...declaration, service },
      ...present({ key }),
      fresh,
    })) as DeclareReceipt
  } catch (error) {
    if (isGone(error)) throw await noSuchDesk(temporal, `${desk}/${service}`)
    throw error
  }
}
