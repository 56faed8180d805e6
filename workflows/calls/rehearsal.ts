import type { ToRehearse, TriedStep } from '../../domain/rehearsal/rehearsal.ts'
import type { Outcome } from '../../domain/steps/contract.ts'
import type { OwnerCall } from '../../wire/activities.ts'
import { ask } from './call.ts'
import { ownerPatience, readPatience } from './options.ts'
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

export function tellOwner(call: OwnerCall, looking: Looking): Promise<Outcome<string>> {
  return ask('tellOwner', `owner/${call.person}`, ownerPatience, call, { where: call.desk }, looking)
}
