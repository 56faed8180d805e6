import type { Failure } from '../../domain/failures.ts'
import type { DrillReport } from '../../domain/restore/drill.ts'
import { type RestoreOf, restoresIn } from '../../domain/runbook/restores.ts'
import type { PublishedRunbook } from '../../domain/runbook/runbook.ts'
import type { Outcome } from '../../domain/steps/contract.ts'
import type { DeclareCall, Declared } from '../../wire/activities.ts'
import { ask } from './call.ts'
import { declarePatience, longPatience, readPatience } from './options.ts'
import { contextOf, type Looking } from './parts.ts'

/** Has the copy of one restore made, checked and removed. */
export function drillRestore(
  { backups, params }: RestoreOf,
  looking: Looking,
): Promise<Outcome<DrillReport>> {
  const call = { context: contextOf(looking, backups), params }
  const patience = longPatience(looking.state.runbook.book.cluster)
  return ask('drill', `drill/${backups}`, patience, call, { where: backups }, looking)
}

/** What the newest drills of each restore found, or why nobody says. */
export async function keptReports(
  { book }: PublishedRunbook,
  looking: Looking,
): Promise<{ readonly [backups: string]: readonly DrillReport[] | Failure }> {
  const told = restoresIn(book).map(async (restore) => {
    const outcome = await reportsOf(restore, looking)
    return [restore.backups, outcome.ok ? outcome.value : outcome.failure] as const
  })
  return Object.fromEntries(await Promise.all(told))
}

/** The newest first. */
export function reportsOf(
  { backups, params }: RestoreOf,
  looking: Looking,
): Promise<Outcome<readonly DrillReport[]>> {
  const key = `drills/${backups}`
  const call = { context: contextOf(looking, key), params }
  const patience = readPatience(looking.state.runbook.book.cluster)
  return ask('drillReports', key, patience, call, { where: backups }, looking)
}

/** Reports a failure of ours to a desk, which opens an incident or puts it to the one that is open. */
export function declare(effect: string, call: DeclareCall, looking: Looking): Promise<Outcome<Declared>> {
  return ask('declare', effect, declarePatience, call, { where: call.desk }, looking)
}
