/**
 * All parts of a picture in one activity: for Temporal a picture costs one task, however many parts it has. Each part is read by
 * the very hands of its step kind, at the same time as the others, and ends for itself: with what was seen, or why nothing was.
 */
import { activityInfo } from '@temporalio/activity'
import { CancelledFailure } from '@temporalio/common'
import { failure } from '../domain/failures.ts'
import type { PartResult } from '../domain/incident/fold/events.ts'
import { withoutTexts } from '../domain/incident/fold/findings.ts'
import type { Parts, PartsCall } from '../domain/incident/fold/picture.ts'
import type { Part } from '../domain/runbook/parts.ts'
import { plainLine } from '../edge/plain-text.ts'
import { carriedBy } from '../wire/carried.ts'
import { alive } from './alive.ts'
import { withinAnswer } from './answer-size.ts'
import { partsCall } from './calls.ts'
import type { Guard } from './guard.ts'
import { withDeadline } from './pulse.ts'
import { inTurns, type Read, sharedReadings } from './shared-readings.ts'

/** A dead worker's picture is taken by another one after a second of silence, so the living have to be heard more often. */
const beatEveryMs = 300
/** The answer's own way back to Temporal. */
const answerTakesMs = 200
/** Readings at the same time, of all pictures together: what a storm of incidents asks of the systems outside. */
const mostAtOnce = 100
/** Limit for looks, which anybody may start and whose parts may take 20 s: the picture of an incident has four. */
const mostOfLooks = 30

export function partsActivity(read: Read, guard: Pick<Guard, 'place'>): (call: PartsCall) => Promise<Parts> {
  const inTurn = inTurns(mostAtOnce)
  const readInTurn: Read = (...asked) => inTurn(() => read(...asked))
  const ofLooks = inTurns(mostOfLooks)
  const readForLook: Read = (...asked) => ofLooks(() => readInTurn(...asked))
  const shared = sharedReadings(readInTurn)
  const sharedByLooks = sharedReadings(readForLook)
  return (call) =>
    alive('readParts', beatEveryMs, async () => {
      const { parts, context, withinMs: wantedMs, sharesMs, withoutTexts: bare } = partsCall(call)
      guard.place(context)
      const withinMs = Math.min(wantedMs, timeLeftMs())
      const isLook = activityInfo().workflowType === 'look'
      const [own, common] = isLook ? [readForLook, sharedByLooks] : [readInTurn, shared]
      const ask = ({ id, kind, params }: Part) =>
        sharesMs > 0 ? common(kind, params, context, { sharesMs, where: id }) : own(kind, params, context)
      const results = await Promise.all(
        parts.map(
          async (part): Promise<[string, PartResult]> => [
            part.id,
            await resultOf(part, () => withDeadline(withinMs, part.id, () => ask(part))),
          ],
        ),
      )
      const all = Object.fromEntries(results)
      return withinAnswer(bare ? withoutTexts(all) : all)
    })
}

async function resultOf({ kind }: Part, work: () => ReturnType<Read>): Promise<PartResult> {
  try {
    return { ok: true, reading: await work() }
  } catch (error) {
    if (error instanceof CancelledFailure) throw error
    const reason = plainLine(String(error), 300)
    return { ok: false, failure: carriedBy(error) ?? failure('internal', { where: `${kind}.read`, reason }) }
  }
}

/**
 * What is left until Temporal gives the answer up; the attempts of workers that died and the wait in the queue are spent. The wait
 * is seen by our own clock against Temporal's: a difference that no wait can be is one of the clocks, and is left aside.
 */
function timeLeftMs(): number {
  const {
    scheduledTimestampMs,
    currentAttemptScheduledTimestampMs: attemptMs,
    scheduleToCloseTimeoutMs: wholeMs,
  } = activityInfo()
  if (wholeMs === 0) return Number.POSITIVE_INFINITY
  const sinceMs = Date.now() - attemptMs
  const queuedMs = sinceMs > 0 && sinceMs < wholeMs ? sinceMs : 0
  return Math.max(0, wholeMs - (attemptMs - scheduledTimestampMs) - queuedMs - answerTakesMs)
}
