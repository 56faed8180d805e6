import { isCancellation } from '@temporalio/workflow'
import type { PartResult } from '../../domain/incident/fold/events.ts'
import type { Parts, PartsCall } from '../../domain/incident/fold/picture.ts'
import type { Part } from '../../domain/runbook/parts.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import type { Receipt } from '../../domain/words.ts'
import { stepRunId } from '../../wire/step-run.ts'
import { answerOf, type Clock } from './call.ts'
import { endIn, failureOf } from './failure-of.ts'
import { partOptions } from './options.ts'

/** Who looks, and where: an incident, or a look without one. */
export type Looking = Clock & {
  readonly head: Receipt
  readonly state: {
    readonly id: string
    readonly lab?: boolean
    readonly runbook: { readonly book: Pick<Runbook, 'cluster' | 'namespace'> }
  }
}

/** All parts in one activity; one that does not answer leaves its place and the others alone. */
export async function readParts(
  key: string,
  { withinMs, ...asked }: Omit<PartsCall, 'context'>,
  looking: Looking,
): Promise<{ readonly parts: Parts; readonly tookMs: number }> {
  const { nowMs, answered, state } = looking
  const call = { context: contextOf(looking, key), ...asked, withinMs }
  const tookMs = (endedAtMs: number) => Math.max(0, endedAtMs - nowMs)
  try {
    const options = partOptions(state.runbook.book.cluster, withinMs)
    const { value, endedAtMs } = await answerOf('readParts', key, options, call)
    answered(endedAtMs)
    return { parts: value, tookMs: tookMs(endedAtMs) }
  } catch (error) {
    if (isCancellation(error)) throw error
    const { endedAtMs = nowMs + withinMs } = endIn(error)
    answered(endedAtMs)
    // Not even a missing worker is an answer of its own here: each part just has none.
    const nobody = ({ id }: Part): [string, PartResult] => [
      id,
      { ok: false, failure: failureOf(error, { where: id, patienceMs: withinMs, changes: false }) },
    ]
    return { parts: Object.fromEntries(asked.parts.map(nobody)), tookMs: tookMs(endedAtMs) }
  }
}

/** What an activity is told about whom it works for; `key` names the run of a step, or the look. */
export function contextOf({ state, nowMs, head }: Omit<Looking, 'answered'>, key: string): StepContext {
  const { id: incident, runbook, lab } = state
  const { cluster, namespace } = runbook.book
  const stepRun = stepRunId(incident, key)
  return { incident, stepRun, cluster, namespace, nowMs, head, ...(lab === true ? { lab } : {}) }
}
