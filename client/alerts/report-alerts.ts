import type { Actor } from '../../domain/words.ts'
import { type CommandReceipt, type DeclareReceipt, deskId } from '../../workflows/messages.ts'
import type { Temporal } from '../connect.ts'
import { type Desk, findDesks } from '../desks.ts'
import { refused } from '../refused.ts'
import { isGone } from '../temporal-errors.ts'
import { sendUpdate } from '../updates.ts'
import type { HeardAlerts } from './alertmanager.ts'

/** The incident is missing where nothing fires and none knows of it. */
export type AlertsReceipt = CommandReceipt & Partial<Omit<DeclareReceipt, 'receipt'>>

/** Hands a message about alerts to the desk that cares for its service, else to the first one: no alert is without a desk. */
export async function reportAlerts(
  temporal: Temporal,
  heard: HeardAlerts,
  by: Actor,
): Promise<AlertsReceipt> {
  const { runbook, group, trouble, alerts, hidden } = heard
  const desks = await findDesks(temporal)
  const desk = deskFor(desks, runbook, trouble.service)
  if (desk === undefined) throw refused('no-runbook')
  try {
    return await sendUpdate<AlertsReceipt>(temporal, {
      workflow: deskId(desk.desk),
      name: 'alerts',
      input: { by, group, trouble, alerts, hidden },
      // Of this one sending: whether a message says anything new is the desk's to know.
      id: crypto.randomUUID(),
    })
  } catch (error) {
    if (isGone(error)) throw refused('no-runbook', {}, { cause: error })
    throw error
  }
}

function deskFor(
  desks: readonly Desk[],
  runbook: string | undefined,
  service: string | undefined,
): Desk | undefined {
  return (
    desks.find((d) => d.desk === runbook) ??
    desks.find((d) => service !== undefined && d.services.includes(service)) ??
    desks[0]
  )
}
