import type { ToRehearse, TriedStep } from '../../domain/rehearsal/rehearsal.ts'
import type { Outcome } from '../../domain/steps/contract.ts'
import type { OwnersCall } from '../../wire/activities.ts'
import { ask } from './call.ts'
import { ownersPatience, readPatience } from './options.ts'
import { contextOf, type Looking } from './parts.ts'

/** Has one step tried, as far as it changes nothing. */
export function tryStep(
  { steps: [first], kind, params }: ToRehearse,
  key: string,
  looking: Looking,
): Promise<Outcome<TriedStep>> {
  const call = { context: contextOf(looking, key), kind, params }
  const patience = readPatience(looking.state.runbook.book.cluster)
  return ask('rehearse', key, patience, call, { where: first?.step ?? kind }, looking)
}

export function tellOwners(call: OwnersCall, looking: Looking): Promise<Outcome<readonly string[]>> {
  return ask('tellOwners', 'owners', ownersPatience, call, { where: call.desk }, looking)
}
