import type { Reading } from '../../domain/steps/contract.ts'
import { refuse } from '../refusal.ts'
import { probe, shownUrl } from './probe.ts'
import { healthFailing, isGood, outcomeOf, slowResponses } from './verdict.ts'

export const answerWithinMs = 4_000

/** One GET. A service that is down is a finding; one of which nothing can be known is a failure: no-answer, http-unreachable. */
export async function readHealth(params: {
  readonly url: string
  readonly slowAfter: number
}): Promise<Reading> {
  const { url, slowAfter } = params
  const seen = await probe(url, answerWithinMs)
  if (seen.kind === 'silent') refuse('no-answer', { seconds: answerWithinMs / 1_000, where: shownUrl(url) })
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
    text: seen.kind === 'answered' ? seen.excerpt : outcome.en,
  }
}
