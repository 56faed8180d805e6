/**
 * A change that takes hours is tried for as long, and what keeps it from its end only Temporal knows meanwhile. The people on its incident are told
 * once, with what they can do by hand; it is tried on.
 */
import { z } from 'zod'
import { explain, type Failure, failures } from '../domain/failures.ts'
import type { StepContext } from '../domain/steps/contract.ts'
import { cutTo, type Json, type Text } from '../domain/words.ts'
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
  /** Whoever else tells it again is not heard twice either. */
  const told = new Set<string>()
  return async (context, work) => {
    const { stepRun } = context
    const life = pulse()
    const beganMs = clock()
    const workedMs = () => clock() - beganMs
    // By Temporal's clock, and in every sign of life: the next attempt may be another process's, on another machine.
    let sinceMs = failingSinceOf(life.attempt?.before)
    const beat = (detail: Json) => {
      if (workedMs() > worksAfterMs) sinceMs = undefined
      life.beat(withSince(detail, sinceMs))
    }
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
    if (sinceMs !== undefined) beat({ at: runOf(context) })
    try {
      return await withPulse({ ...life, ...people, beat }, work)
    } catch (error) {
      const why = carriedBy(error)
      if (why !== undefined && failures[why.name].retryable) {
        const nowMs = (life.attempt?.scheduledMs ?? 0) + workedMs()
        if (sinceMs === undefined || workedMs() > worksAfterMs) sinceMs = nowMs
        else if (nowMs - sinceMs >= toldAfterMs) await say(keepsFailing(why))
        life.beat(withSince({ at: runOf(context) }, sinceMs))
      }
      throw error
    }
  }
}

const signalled = z.object({ failingSinceMs: z.number() })

function failingSinceOf(before: Json | undefined): number | undefined {
  const parsed = signalled.safeParse(before)
  return parsed.success ? parsed.data.failingSinceMs : undefined
}

function withSince(detail: Json, failingSinceMs: number | undefined): Json {
  if (failingSinceMs === undefined) return detail
  const said = typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? detail : { detail }
  return { ...said, failingSinceMs }
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
