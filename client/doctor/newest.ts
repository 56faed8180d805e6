/** What the newest report of a drill or of a rehearsal means, and that it proves nothing of today once it is old. */
import { roughly } from '../../domain/duration.ts'
import { type DrillTimes, drillStaleAfterMs } from '../../domain/restore/drill.ts'
import type { Text } from '../../domain/words.ts'
import type { Check } from './check.ts'

type Practised = {
  readonly check: string
  /** What it is called in a sentence. */
  readonly noun: Text
  /** Where there is no report. */
  readonly never: Text
  /** How to have one, now or regularly. */
  readonly again: Text
}

/** `judged` says what stands in the newest report, `ago` old; what is good in an old one is none of it any more. */
export function newestCheck<Report extends { readonly startedAt: string }>(
  { check, noun, never, again }: Practised,
  newest: Report | undefined,
  { nowMs, times }: { readonly nowMs: number; readonly times: DrillTimes | undefined },
  judged: (newest: Report, ago: string) => Omit<Check, 'check'>,
): Check {
  if (newest === undefined) return { check, status: 'warn', says: never, next: again }
  const ageMs = nowMs - Date.parse(newest.startedAt)
  const ago = roughly(ageMs)
  const staleAfterMs = drillStaleAfterMs(times)
  const found = judged(newest, ago)
  if (found.status !== 'ok' || ageMs <= staleAfterMs) return { check, ...found }
  const says =
    // What was scheduled a moment ago has had no turn yet.
    times === undefined || nowMs - times.sinceMs <= staleAfterMs
      ? { en: `the last ${noun.en} was ${ago} ago`, ja: `前回の${noun.ja}から ${ago} 経過` }
      : {
          en: `no scheduled ${noun.en} has ended for ${ago}: later ones may have given way`,
          ja: `予定された${noun.ja}が ${ago} の間終わっていません（中止された可能性があります）`,
        }
  return { check, status: 'warn', says, next: again }
}
