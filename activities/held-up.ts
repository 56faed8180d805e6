/**
 * A change that takes hours is tried for as long, and what keeps it from its end only Temporal knows meanwhile. The people on its incident are told
 * once, with what they can do by hand; it is tried on.
 */
import { explain, type Failure, failures } from '../domain/failures.ts'
import type { StepContext } from '../domain/steps/contract.ts'
import { cutTo, type Text } from '../domain/words.ts'
import { carriedBy } from '../wire/carried.ts'
import { runOf } from '../wire/step-run.ts'
import { pulse, withPulse } from './pulse.ts'

/** Has the people on the incident told; for one step run once, however often it is asked. Throws where that was not taken. */
export type TellPeople = (context: StepContext, message: string) => Promise<void>

/** Does one attempt of a step. What the work throws is thrown on, whatever comes of the telling. */
export type HeldUp = <T>(context: StepContext, work: () => Promise<T>) => Promise<T>

/** What passes by itself mostly has by then. */
const toldAfterMs = 300_000
/** Longer than anything that an attempt waits for: it was not held up, it worked. */
const worksAfterMs = 3_600_000

export function heldUpBy(tell: TellPeople, clock: () => number = () => performance.now()): HeldUp {
  /** Since when each step run keeps failing, as far as this process knows; another one counts by itself. */
  const failing = new Map<string, number>()
  /** Whoever else tells it again is not heard twice either. */
  const told = new Set<string>()
  return async (context, work) => {
    const { stepRun } = context
    const beganMs = clock()
    let stands: Text = { en: '', ja: '' }
    const say = async (says: Text) => {
      if (told.has(stepRun)) return
      await tell(context, message(context, stands, says)).then(
        () => told.add(stepRun),
        () => undefined, // it is tried with the next failure
      )
    }
    const people = {
      stands: (says: Text) => {
        stands = says
      },
      heldUp: (says: Text) => void say(says),
    }
    try {
      const done = await withPulse({ ...pulse(), ...people }, work)
      failing.delete(stepRun)
      return done
    } catch (error) {
      const why = carriedBy(error)
      const isTriedAgain = why !== undefined && failures[why.name].retryable
      const sinceMs = failing.get(stepRun)
      const nowMs = clock()
      if (!isTriedAgain) failing.delete(stepRun)
      else if (sinceMs === undefined || nowMs - beganMs > worksAfterMs) failing.set(stepRun, nowMs)
      else if (nowMs - sinceMs >= toldAfterMs) await say(keepsFailing(why))
      throw error
    }
  }
}

function keepsFailing(why: Failure): Text {
  const [en, ja] = [explain(why, 'en'), explain(why, 'ja')]
  return {
    en: `it keeps failing and is tried again: ${why.code} ${en.what} ${en.next}`,
    ja: `失敗が続いています（自動で再試行中）: ${why.code} ${ja.what}${ja.next}`,
  }
}

/** Both languages fit into the 500 characters of a message to people. */
const [englishAtMost, japaneseAtMost] = [310, 185]

function message(context: StepContext, stands: Text, says: Text): string {
  const step = runOf(context)
  return [
    cutTo(`${step}: ${stands.en}${says.en}`, englishAtMost),
    cutTo(`${step}: ${stands.ja}${says.ja}`, japaneseAtMost),
  ].join('\n')
}
