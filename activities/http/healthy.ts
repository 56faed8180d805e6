import { counted } from '../../domain/counted.ts'
import type { Finding, Reading } from '../../domain/steps/contract.ts'
import type { SmokeRequest } from '../../domain/steps/http.ts'
import { excerptOf } from '../../edge/plain-text.ts'
import { pause, pulse } from '../pulse.ts'
import { answerWithinMs } from './health.ts'
import { type Probe, probe, shownUrl } from './probe.ts'
import { smokeTested } from './smoke-test.ts'
import { healthFailing, isGood, outcomeOf, outcomes, slowResponses } from './verdict.ts'

type Params = {
  readonly url: string
  readonly times: number
  readonly within: number
  readonly slowAfter: number
  readonly smokeTest?: readonly SmokeRequest[] | undefined
}

const pauseMs = 500

/** Asks until the service answered well and fast enough `times` times in a row, or until the time is over. */
export async function readHealthy({
  url,
  times,
  within,
  slowAfter,
  smokeTest = [],
}: Params): Promise<Reading> {
  const started = performance.now()
  const leftMs = () => within - (performance.now() - started)
  const tries: Probe[] = []
  let inARow = 0
  while (inARow < times && (tries.length === 0 || leftMs() > 0)) {
    const limitMs = Math.max(1, Math.min(answerWithinMs, leftMs()))
    const seen = await probe(url, limitMs)
    // Cut short by the end of the time: that is no word about the service.
    if (seen.kind === 'silent' && limitMs < answerWithinMs && tries.length > 0) break
    tries.push(seen)
    inARow = isGood(seen) && seen.ms <= slowAfter ? inARow + 1 : 0
    pulse().beat({ tries: tries.length, inARow })
    // As often as asked for fits into the time also when each answer takes its while.
    if (inARow < times) await pause(Math.max(0, Math.min(pauseMs, within / (2 * times), leftMs())))
  }
  const isHealthy = inARow >= times
  // Of a service that is not even healthy it would say nothing more.
  const smoke = isHealthy ? await smokeTested(smokeTest, leftMs) : { findings: [], passed: [] }
  const ok = isHealthy && smoke.findings.length === 0
  const good = tries.filter(isGood)
  const sortedMs = tries.map((seen) => seen.ms).sort((a, b) => a - b)
  const counted = outcomes(tries)
  const last = tries.at(-1)
  const medianMs = sortedMs[Math.floor(sortedMs.length / 2)] ?? 0
  return {
    facts: {
      url: shownUrl(url),
      ok,
      wanted: times,
      inARow,
      tries: tries.length,
      good: good.length,
      medianMs,
      slowestMs: sortedMs.at(-1) ?? 0,
      slowAfterMs: slowAfter,
      tookMs: Math.round(performance.now() - started),
      outcomes: counted,
      ...(smokeTest.length === 0 ? {} : { smokeTest: smokeTest.length, passed: smoke.passed.length }),
    },
    findings: isHealthy ? smoke.findings : [whyNot(tries, { url, times, within, slowAfter }, inARow)],
    text: excerptOf(
      [
        ...counted.map(({ outcome, times }) => ({
          en: `${times} × ${outcome.en}`,
          ja: `${times} × ${outcome.ja}`,
        })),
        ...smoke.passed.map((address) => ({
          en: `smoke test: ${address}: passed`,
          ja: `スモークテスト: ${address}: 合格`,
        })),
        ...(last?.kind === 'answered' && last.excerpt !== ''
          ? [{ en: `last answer: ${last.excerpt}`, ja: `最後の応答: ${last.excerpt}` }]
          : []),
      ],
      16_384,
    ),
  }
}

function whyNot(
  tries: readonly Probe[],
  { url, times, within, slowAfter }: Omit<Params, 'smokeTest'>,
  inARow: number,
): Finding {
  const bad = tries.findLast((seen) => !isGood(seen))
  const slow = tries.findLast((seen) => isGood(seen) && seen.ms > slowAfter)
  if (bad === undefined && slow !== undefined) return slowResponses(url, slow.ms, slowAfter)
  const last = bad ?? tries.at(-1) ?? { kind: 'silent', ms: within }
  const outcome = outcomeOf(last)
  const seconds = within / 1_000
  const says = {
    en: `${shownUrl(url)} was not healthy ${counted(times, 'time')} in a row within ${seconds} s (last run: ${counted(inARow, 'time')}); last fault: ${outcome.en}`,
    ja: `${shownUrl(url)} は ${seconds} 秒以内に ${times} 回連続で正常になりませんでした（最後は ${inARow} 回）。直近の異常: ${outcome.ja}`,
  }
  return healthFailing(url, says, last)
}
