import type { Finding, Reading } from '../../domain/steps/contract.ts'
import { excerptOf } from '../../edge/plain-text.ts'
import { pause, pulse } from '../pulse.ts'
import { answerWithinMs } from './health.ts'
import { type Probe, probe, shownUrl } from './probe.ts'
import { healthFailing, isGood, outcomeOf, outcomes, slowResponses } from './verdict.ts'

type Params = {
  readonly url: string
  readonly times: number
  readonly every: number
  readonly slowAfter: number
}

/** A reading step has a minute for everything. */
const mostMs = 55_000

/** Asks `times` times, one every `every` ms or as soon as the answer before is there: min, median, p95, max, failures. */
export async function readTimings({ url, times, every, slowAfter }: Params): Promise<Reading> {
  const started = performance.now()
  const asked: Probe[] = []
  while (asked.length < times && performance.now() - started < mostMs - answerWithinMs) {
    asked.push(await probe(url, answerWithinMs))
    pulse().beat({ asked: asked.length })
    const nextMs = asked.length * every - (performance.now() - started)
    if (asked.length < times && nextMs > 0) await pause(nextMs)
  }
  const good = asked.filter(isGood)
  // What never came is no time: it is counted among the failures.
  const ms = good.map((seen) => seen.ms).sort((a, b) => a - b)
  const medianMs = quantile(ms, 0.5)
  const failed = asked.filter((seen) => !isGood(seen))
  return {
    facts: {
      url: shownUrl(url),
      wanted: times,
      asked: asked.length,
      failures: failed.length,
      minMs: ms[0] ?? null,
      medianMs,
      p95Ms: quantile(ms, 0.95),
      maxMs: ms.at(-1) ?? null,
      eachMs: asked.map((seen) => seen.ms),
      slowAfterMs: slowAfter,
      outcomes: outcomes(asked),
    },
    findings: [
      ...(failed.length === 0 ? [] : [failing(url, failed, asked.length)]),
      ...(medianMs !== null && medianMs > slowAfter ? [slowResponses(url, medianMs, slowAfter)] : []),
    ],
    text: excerptOf(
      asked.map((seen, i) => {
        const [place, outcome] = [String(i + 1).padStart(2), outcomeOf(seen)]
        return { en: `${place}  ${outcome.en}  ${seen.ms} ms`, ja: `${place}  ${outcome.ja}  ${seen.ms} ms` }
      }),
      16_384,
    ),
  }
}

/** The nearest rank; null where there is nothing to rank. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? null
}

function failing(url: string, failed: readonly Probe[], asked: number): Finding {
  const last = failed.at(-1) ?? { kind: 'silent', ms: answerWithinMs }
  const outcome = outcomeOf(last)
  const says = {
    en: `${failed.length} of ${asked} requests to ${shownUrl(url)} failed; the last one: ${outcome.en}`,
    ja: `${shownUrl(url)} へのリクエスト ${asked} 回中 ${failed.length} 回が失敗しました（直近: ${outcome.ja}）`,
  }
  return healthFailing(url, says, last)
}
