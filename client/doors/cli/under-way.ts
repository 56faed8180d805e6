/** What seems to stand still: whoever waits is told with what it was refused and is tried again, and how far what takes hours is. */
import { setTimeout as sleep } from 'node:timers/promises'
import { explain } from '../../../domain/failures.ts'
import type { Text } from '../../../domain/words.ts'
import type { Incidents } from '../../incidents/incidents.ts'
import type { Pending } from '../../incidents/pending.ts'
import type { Progress } from '../../incidents/progress.ts'
import { stepProgressSays } from '../../words/progress.ts'
import { retryingSays } from '../../words/step.ts'
import type { Session } from './session.ts'
import { oneLine } from './terminal.ts'

const lookEveryMs = 3_000
/** What has not changed is said again after so many looks. */
const sayAgainAfter = { retrying: 10, progress: 20 } as const

/** Of the incident, or of one run of a step as soon as that is known. */
type Which = { readonly incident: string; readonly run?: () => string | undefined }

/** Runs the work, and says meanwhile what becomes of the steps under way. */
export async function sayingUnderWay<T>(
  session: Session,
  incidents: Incidents,
  which: Which,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const saying = sayUnderWay(session, incidents, which, over.signal)
  try {
    return await work()
  } finally {
    over.abort()
    await saying
  }
}

/** Something to say of a step; the same mark is the same news. */
export type News = {
  readonly about: string
  readonly step: string
  readonly mark: string
  readonly says: Text
  readonly againAfter: number
}

async function sayUnderWay(
  session: Session,
  incidents: Incidents,
  { incident, run }: Which,
  signal: AbortSignal,
): Promise<void> {
  const said = new Map<string, { readonly mark: string; readonly look: number }>()
  for (let look = 0; ; look += 1) {
    try {
      await sleep(lookEveryMs, undefined, { signal, ref: false })
    } catch {
      return
    }
    // Whoever watches is told of what does not answer already.
    const shown = await incidents.show(incident).catch(() => undefined)
    if (signal.aborted) return
    const told = shown?.source === 'worker' ? shown : undefined
    for (const { about, step, mark, says, againAfter } of newsIn(told, Date.now())) {
      if (run !== undefined && step !== run()) continue
      const before = said.get(about)
      if (before?.mark === mark && look - before.look < againAfter) continue
      session.say(oneLine(says[session.lang]))
      said.set(about, { mark, look })
    }
  }
}

/** Empty where no worker tells. */
export function newsIn(shown: Pending | undefined, now: number): readonly News[] {
  const { retrying = [], progress = [] } = shown ?? {}
  return [
    ...retrying.map((one) => ({
      about: `${one.step} is retried`,
      step: one.step,
      mark: explain(one.failure, 'en').what,
      says: retryingSays(one),
      againAfter: sayAgainAfter.retrying,
    })),
    ...progress.map((one) => ({
      about: one.step,
      step: one.step,
      mark: markOf(one),
      says: stepProgressSays(one, now),
      againAfter: sayAgainAfter.progress,
    })),
  ]
}

/** Each tenth is news, each part and each probe. */
function markOf({ at, percent = 0, probe, attempt, waits }: Progress): string {
  return [at, Math.floor(percent / 10), probe, attempt, waits].join(' ')
}
