/**
 * A change that takes hours is tried for as long, and what keeps it from its end only Temporal knows meanwhile. The people on its incident are told
 * once, with what they can do by hand; it is tried on.
 */
import { z } from 'zod'
import { explain, type Failure, failures } from '../domain/failures.ts'
import { present } from '../domain/present.ts'
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
/** Workers are replaced now and then; so many attempts in a row that nobody hears the end of are more than that. */
const deathsTold = 3

export function heldUpBy(tell: TellPeople, clock: () => number = () => performance.now()): HeldUp {
  /** Whoever else tells it again is not heard twice either. */
  const told = new Set<string>()
  return async (context, work) => {
    const { stepRun } = context
    const life = pulse()
    const beganMs = clock()
    const workedMs = () => clock() - beganMs
    const { number = 1, scheduledMs = 0 } = life.attempt ?? {}
    // By Temporal's clock, and in every sign of life: the next attempt may be another process's, on another machine.
    const before = signOf(life.attempt?.before)
    let sinceMs = before.failingSinceMs
    let lives = livesAfter(before.lives, number, scheduledMs)
    const beat = (detail: Json) => {
      if (workedMs() > worksAfterMs) {
        sinceMs = undefined
        lives = { attempt: number, deaths: 0, sinceMs: scheduledMs + workedMs() }
      }
      life.beat(withSign(detail, { failingSinceMs: sinceMs, lives }))
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
    beat({ at: runOf(context) })
    // Before the work: it may be what kills its worker.
    if (lives.deaths >= deathsTold && scheduledMs - lives.sinceMs >= toldAfterMs)
      await say(keepsDying(number, lives.deaths))
    try {
      return await withPulse({ ...life, ...people, beat }, work)
    } catch (error) {
      const why = carriedBy(error)
      if (why !== undefined && failures[why.name].retryable) {
        const nowMs = scheduledMs + workedMs()
        if (sinceMs === undefined || workedMs() > worksAfterMs) sinceMs = nowMs
        else if (nowMs - sinceMs >= toldAfterMs) await say(keepsFailing(why))
      }
      // Without its life: it did not die.
      life.beat(withSign({ at: runOf(context) }, { failingSinceMs: sinceMs }))
      throw error
    }
  }
}

/** An attempt that lives, and how many in a row before it ended without a word; since when, epoch ms. */
const living = z.object({ attempt: z.number(), deaths: z.number(), sinceMs: z.number() })
type Lives = z.infer<typeof living>

/** What every sign of life of an attempt says besides; `lives` is missing in the last one of an attempt that ended by itself. */
const sign = z.object({
  failingSinceMs: z.number().optional(),
  lives: living.optional(),
})

function signOf(before: Json | undefined): z.infer<typeof sign> {
  const parsed = sign.safeParse(before)
  return parsed.success ? parsed.data : {}
}

/** Who lived when the last sign came, and was followed by another attempt, died, and so did whoever gave no sign in between. */
function livesAfter(before: Lives | undefined, attempt: number, scheduledMs: number): Lives {
  if (before === undefined) return { attempt, deaths: 0, sinceMs: scheduledMs }
  // Since the first death: before it somebody may have worked for an hour.
  const sinceMs = before.deaths === 0 ? scheduledMs : before.sinceMs
  return { attempt, deaths: before.deaths + attempt - before.attempt, sinceMs }
}

function withSign(
  detail: Json,
  { failingSinceMs, lives }: { failingSinceMs: number | undefined; lives?: Lives },
): Json {
  const said = typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? detail : { detail }
  return { ...said, ...present({ failingSinceMs, lives }) }
}

function keepsDying(attempt: number, deaths: number): Text {
  return {
    en: `attempt ${attempt} has begun; the ${deaths} before it ended without a word: their worker died, or could not be heard. Look at the log and the memory of the cluster's worker.`,
    ja: `${attempt} 回目の試行を開始しました。その前の ${deaths} 回は応答がないまま終わりました（ワーカーの停止など）。クラスターのワーカーのログとメモリーを確認してください。`,
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
