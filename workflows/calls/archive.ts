import { archiveEffect } from '../../domain/incident/effects.ts'
import type { Outcome } from '../../domain/steps/contract.ts'
import type { Json } from '../../domain/words.ts'
import type { ArchiveCall } from '../../wire/activities.ts'
import { answerOf, ask, type Clock } from './call.ts'
import { archivePatience, highestOptions } from './options.ts'

/** Has a run of an incident or a desk put away. */
export function archiveRun(call: ArchiveCall, clock: Clock): Promise<Outcome<Json>> {
  return ask('archiveRun', archiveEffect(call.run), archivePatience, call, { where: 'archive' }, clock)
}

/** Which numbers a system has given out before, as the archive of the workers knows it: whoever publishes need not have one. */
export async function highestArchived(desk: string): Promise<number> {
  return (await answerOf('highestArchived', 'highest', highestOptions, desk)).value
}
