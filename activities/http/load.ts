import { counted } from '../../domain/counted.ts'
import type { ChangeHand, Done, Plan } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import { pulse } from '../pulse.ts'
import { type Probe, probe, shownUrl } from './probe.ts'
import { quantile } from './timings.ts'
import { isGood, outcomes } from './verdict.ts'

type Params = { readonly url: string; readonly requests: number; readonly concurrency: number }

const answerWithinMs = 10_000
/** A service that hangs under the load is left alone after this long. */
const mostMs = 60_000
const abPercents = [50, 66, 75, 80, 90, 95, 98, 99, 100]

/**
 * Sends so many requests, so many at a time and each over a connection of its own, as `ab -n -c` does. A worker that dies in the middle
 * leaves no trace of what it sent, so nobody sends them a second time.
 */
export function loadHand(): ChangeHand<Params> {
  return {
    plan: async ({ url, requests, concurrency }): Promise<Plan> => ({
      target: shownUrl(url),
      says: {
        en: `Send ${counted(requests, 'request')} to ${shownUrl(url)}, ${concurrency} at a time, for at most ${mostMs / 1_000} s; its real users will notice`,
        ja: `${shownUrl(url)} に ${requests} リクエストを同時 ${concurrency} で送信（最長 ${mostMs / 1_000} 秒）。実際の利用者に影響します`,
      },
      nothingToDo: false,
      change: { url, requests, concurrency, withinMs: mostMs },
      before: {},
      pods: { ready: 0, notReady: 0, ofReady: 0 },
    }),
    run: async ({ url, requests, concurrency }): Promise<Done> => {
      const started = performance.now()
      const seen: Probe[] = []
      let sent = 0
      const user = async (): Promise<void> => {
        while (sent < requests && performance.now() - started < mostMs) {
          sent += 1
          seen.push(await probe(url, answerWithinMs))
          pulse().beat({ answered: seen.length })
        }
      }
      await Promise.all(Array.from({ length: Math.min(concurrency, requests) }, user))
      const figures = figuresOf(seen, requests, performance.now() - started)
      return {
        says: saysOf(url, figures),
        already: false,
        after: { url: shownUrl(url), concurrency, ...figures },
      }
    },
    // What was sent is over: there is nothing that could have become otherwise.
    verify: async (_, __, done) => ({ ok: true, says: done.says, facts: done.after }),
  }
}

export type LoadFigures = ReturnType<typeof figuresOf>

function figuresOf(seen: readonly Probe[], wanted: number, tookMs: number) {
  const good = seen.filter(isGood)
  // What never came is no time: it is counted among the failures.
  const ms = good.map((one) => one.ms).sort((a, b) => a - b)
  return {
    wanted,
    requests: seen.length,
    failures: seen.length - good.length,
    tookMs: Math.round(tookMs),
    perSecond: Math.round((seen.length / Math.max(tookMs, 1)) * 10_000) / 10,
    minMs: ms[0] ?? null,
    medianMs: quantile(ms, 0.5),
    p95Ms: quantile(ms, 0.95),
    maxMs: ms.at(-1) ?? null,
    meanMs: meanOf(ms),
    // As ab lists them: so many percent of the requests were answered within so many ms.
    percentilesMs: Object.fromEntries(
      abPercents.map((percent) => [`${percent}`, quantile(ms, percent / 100)]),
    ),
    outcomes: outcomes(seen),
  }
}

function meanOf(ms: readonly number[]): number | null {
  if (ms.length === 0) return null
  return Math.round((ms.reduce((sum, one) => sum + one, 0) / ms.length) * 10) / 10
}

function saysOf(url: string, f: LoadFigures): Text {
  const times = f.medianMs === null ? '-' : `${f.minMs}/${f.medianMs}/${f.p95Ms}/${f.maxMs} ms`
  const cut = f.requests < f.wanted
  return {
    en: `${f.requests}${cut ? ` of ${f.wanted}` : ''} requests to ${shownUrl(url)}, ${f.perSecond} per second; min/median/p95/max ${times}; ${f.failures} failed`,
    ja: `${shownUrl(url)} に ${f.requests}${cut ? `（予定 ${f.wanted}）` : ''} リクエスト、毎秒 ${f.perSecond}。最小/中央/p95/最大 ${times}、失敗 ${f.failures}`,
  }
}
