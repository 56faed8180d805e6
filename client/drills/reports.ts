import type { Looked } from '../../wire/messages.ts'
import { look } from '../incidents/look.ts'
import type { Temporal } from '../temporal/connect.ts'

/** A worker may have to be waited for. */
const answersWithinMs = 40_000

/** What the newest drills of each restore of the runbook found, as the worker keeps them beside the copies. */
export async function drillsKept(
  temporal: Temporal,
  runbook: string,
  withinMs = answersWithinMs,
): Promise<NonNullable<Looked['drills']>> {
  const input = { desk: runbook, looking: { at: 'drills' } } as const
  return (await look(temporal, `${runbook}/drills`, input, withinMs)).drills ?? {}
}
