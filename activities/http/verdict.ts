import type { Finding } from '../../domain/steps/contract.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import { type Probe, shownUrl } from './probe.ts'

export function isGood(probe: Probe): boolean {
  return probe.kind === 'answered' && probe.status >= 200 && probe.status < 300
}

/** What went wrong in a few words; the status for an answer. */
export function outcomeOf(probe: Probe): Text {
  switch (probe.kind) {
    case 'answered':
      return verbatim(`HTTP ${probe.status}`)
    case 'silent':
      return {
        en: `accepted the connection but gave no answer in ${seconds(probe.ms)} s`,
        ja: `接続後 ${seconds(probe.ms)} 秒以内に応答なし`,
      }
    default:
      return { en: `no connection (${probe.reason})`, ja: `接続できません（${probe.reason}）` }
  }
}

/** How often each outcome was met. */
export function outcomes(
  probes: readonly Probe[],
): readonly { readonly outcome: Text; readonly times: number }[] {
  const counts = new Map<string, { readonly outcome: Text; readonly times: number }>()
  for (const seen of probes) {
    const outcome = outcomeOf(seen)
    counts.set(outcome.en, { outcome, times: (counts.get(outcome.en)?.times ?? 0) + 1 })
  }
  return [...counts.values()]
}

export function healthFailing(url: string, says: Text, last: Probe): Finding {
  const outcome = outcomeOf(last)
  const excerpt = last.kind === 'answered' && last.excerpt !== '' ? [last.excerpt] : []
  return {
    code: 'health-failing',
    subject: shownUrl(url),
    says,
    evidence: [
      { en: `GET ${shownUrl(url)}: ${outcome.en}`, ja: `GET ${shownUrl(url)}: ${outcome.ja}` },
      ...excerpt,
    ],
    data: { status: last.kind === 'answered' ? last.status : null, ms: last.ms },
  }
}

export function slowResponses(url: string, ms: number, slowAfterMs: number): Finding {
  return {
    code: 'slow-responses',
    subject: shownUrl(url),
    says: {
      en: `${shownUrl(url)} took ${ms} ms (slow above ${slowAfterMs} ms)`,
      ja: `${shownUrl(url)} の応答に ${ms} ms かかりました（基準 ${slowAfterMs} ms）`,
    },
    evidence: [`GET ${shownUrl(url)}: ${ms} ms`],
    data: { ms, slowAfterMs },
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
