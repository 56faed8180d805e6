import type { About } from '../../domain/evidence/about.ts'
import type { KeptLogs } from '../../domain/evidence/kept-logs.ts'
import type { Outcome } from '../../domain/steps/contract.ts'
import type { CollectCall, Collected } from '../../wire/activities.ts'
import { ask } from './call.ts'
import { followPatience, type Patience } from './options.ts'
import { contextOf, type Looking } from './parts.ts'

/** Has logs kept until it is cancelled. */
export function followLogs(key: string, about: About, looking: Looking): Promise<Outcome<KeptLogs | null>> {
  const patience = followPatience(looking.state.runbook.book.cluster)
  const call = { context: contextOf(looking, key), about }
  return ask('followLogs', key, patience, call, { where: 'logs' }, looking)
}

/** Has what can be had now put into the archive. */
export function collectNow(
  asked: Omit<CollectCall, 'context'>,
  looking: Looking,
  patience: Patience,
): Promise<Outcome<Collected>> {
  const key = 'collect'
  return ask(
    'collect',
    key,
    patience,
    { context: contextOf(looking, key), ...asked },
    { where: 'evidence' },
    looking,
  )
}
