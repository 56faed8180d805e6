import type { Reading } from '../../domain/steps/contract.ts'
import { refuse } from '../refusal.ts'
import { probe, shownUrl } from './probe.ts'
import { healthFailing, isGood, outcomeOf, slowResponses } from './verdict.ts'

/** Below the 4 s of a part of the picture, so that the silence of a service is its finding and no gap in the picture. */
export const answerWithinMs = 3_500

/** One GET. A service that is down, or takes the connection and says nothing, is a finding; one that cannot be reached is a failure: http-unreachable. */
export async function readHealth(params: {
  readonly url: string
  readonly slowAfter: number
}): Promise<Reading> {
  const { url, slowAfter } = params
  const seen = await probe(url, answerWithinMs)
  if (seen.kind === 'unreachable') refuse('http-unreachable', { url: shownUrl(url), reason: seen.reason })
  const good = isGood(seen)
  const slow = good && seen.ms > slowAfter
  const outcome = outcomeOf(seen)
  const says = { en: `${shownUrl(url)}: ${outcome.en}`, ja: `${shownUrl(url)}: ${outcome.ja}` }
  return {
    facts: {
      url: shownUrl(url),
      ok: good,
      status: seen.kind === 'answered' ? seen.status : null,
      ms: seen.ms,
      slow,
      slowAfterMs: slowAfter,
      ...(seen.kind === 'broken' ? { reason: seen.reason } : {}),
    },
    findings: [
      ...(good ? [] : [healthFailing(url, says, seen)]),
      ...(slow ? [slowResponses(url, seen.ms, slowAfter)] : []),
    ],
    text: seen.kind === 'answered' ? seen.excerpt : outcome,
  }
}
