import { commandVersion } from '../../domain/incident/commands.ts'
import type { Actor } from '../../domain/words.ts'
import type { CommandReceipt, DeclareReceipt } from '../../workflows/messages.ts'
import type { Temporal } from '../connect.ts'
import { type Desk, desksKnown, findDesks } from '../directory.ts'
import { post } from '../post.ts'
import { refused } from '../refused.ts'
import { isGone } from '../temporal-errors.ts'
import type { HeardAlerts } from './alertmanager.ts'

/** The incident is missing where nothing fires and none knows of it. */
export type AlertsReceipt = CommandReceipt & Partial<Omit<DeclareReceipt, 'receipt'>>

/**
 * Hands a message about alerts to the desk that they name, else to the one that cares for their service, else to the first one: no
 * alert is without a desk.
 */
export async function reportAlerts(
  temporal: Temporal,
  heard: HeardAlerts,
  by: Actor,
): Promise<AlertsReceipt> {
  const { runbook, group, trouble, alerts, hidden } = heard
  const item = { type: 'alerts', v: commandVersion, by, group, trouble, alerts, hidden }
  if (runbook !== undefined) {
    try {
      return await post(temporal, runbook, item)
    } catch (error) {
      // A runbook that nobody published is a mistake in a label, and no reason to lose an alert.
      if (!isGone(error)) throw error
    }
  }
  const desk = await deskFor(temporal, trouble.service)
  if (desk === undefined) throw refused('no-runbook')
  try {
    return await post(temporal, desk, item)
  } catch (error) {
    if (isGone(error)) throw refused('no-runbook', {}, { cause: error })
    throw error
  }
}

async function deskFor(temporal: Temporal, service: string | undefined): Promise<string | undefined> {
  const caring = (desks: readonly Desk[]) =>
    desks.find((d) => service !== undefined && d.services.includes(service))
  const found = caring(await desksKnown(temporal))
  if (found !== undefined) return found.desk
  // It may be of a runbook that was published a moment ago.
  const anew = await findDesks(temporal)
  return (caring(anew) ?? anew[0])?.desk
}
