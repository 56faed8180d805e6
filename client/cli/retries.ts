/** What seems to stand still may be tried again and again: whoever waits is told with what it was refused. */
import { setTimeout as sleep } from 'node:timers/promises'
import { explain } from '../../domain/failures.ts'
import type { Lang } from '../../domain/words.ts'
import type { Door } from '../door.ts'
import type { Retrying } from '../retrying.ts'
import type { Session } from './session.ts'
import { oneLine } from './terminal.ts'

const lookEveryMs = 3_000
/** What has not changed is said again after so many looks. */
const sayAgainAfter = 10

export function retryLine({ step, attempt, failure }: Retrying, lang: Lang): string {
  const { what, next } = explain(failure, lang)
  const again = lang === 'ja' ? `再試行中（${attempt} 回目）` : `is being tried again (attempt ${attempt})`
  return oneLine(`${step} ${again}: ${failure.code} ${what} ${next}`)
}

/** Of the incident, or of one run of a step as soon as that is known. */
type Which = { readonly incident: string; readonly run?: () => string | undefined }

/** Runs the work, and says meanwhile what is tried again. */
export async function sayingRetries<T>(
  session: Session,
  door: Door,
  which: Which,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const saying = sayRetries(session, door, which, over.signal)
  try {
    return await work()
  } finally {
    over.abort()
    await saying
  }
}

async function sayRetries(
  session: Session,
  door: Door,
  { incident, run }: Which,
  signal: AbortSignal,
): Promise<void> {
  const said = new Map<string, { readonly reason: string; readonly look: number }>()
  for (let look = 0; ; look += 1) {
    try {
      await sleep(lookEveryMs, undefined, { signal, ref: false })
    } catch {
      return
    }
    // Whoever watches is told of what does not answer already.
    const shown = await door.show(incident).catch(() => undefined)
    if (signal.aborted) return
    const retrying = shown?.source === 'worker' ? (shown.retrying ?? []) : []
    for (const one of retrying) {
      if (run !== undefined && one.step !== run()) continue
      const before = said.get(one.step)
      const reason = explain(one.failure, session.lang).what
      if (before?.reason === reason && look - before.look < sayAgainAfter) continue
      session.say(retryLine(one, session.lang))
      said.set(one.step, { reason, look })
    }
  }
}
