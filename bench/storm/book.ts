import type { Runbook } from '../../domain/runbook/runbook.ts'

/**
 * A runbook of as many services as wanted, each with a health address of its own, and one level that is paged at once over the
 * channel `pager`. The desk checks it as every runbook when it is published.
 */
export function stormBook(book: Runbook, services: number, healthUrl: string): Runbook {
  const everybody = { ja: '当番', en: 'On call' }
  return {
    ...book,
    services: Object.fromEntries(
      servicesOf(services).map((id) => [
        id,
        { title: { ja: id, en: id }, health: `${healthUrl}/${id}`, slowAfter: 1_000, look: [] },
      ]),
    ),
    severities: {
      CRITICAL: { ...book.severities.CRITICAL, quick: [], recoverWithin: undefined },
      HIGH: { ...book.severities.HIGH, quick: [] },
      MEDIUM: { ...book.severities.MEDIUM, quick: [] },
      LOW: { ...book.severities.LOW, quick: [] },
    },
    symptoms: [],
    escalation: {
      until: 'resolved',
      levels: [{ id: 'on-call', title: everybody, after: 0, atOnce: [], notify: ['on-call'] }],
    },
    people: { 'on-call': { title: everybody, channels: ['pager'] } },
  }
}

export function servicesOf(services: number): readonly string[] {
  return Array.from({ length: services }, (_, i) => `service-${i + 1}`)
}
