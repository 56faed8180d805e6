/** The audit's runbook: levels that are called after seconds, and whose names say why a page of theirs can come. */
import { checkRunbook } from '../../domain/runbook/check.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { smallBook } from '../domain/incident/small-runbook.ts'

export const cluster = 'audit'
export const channel = 'pager'

/** Called by time alone, so that the auditor knows from a declaration's answer when each is due. */
export const timedLevels = { 'team-lead': 3_000, cto: 7_000 } as const
export type TimedLevel = keyof typeof timedLevels
export const timedPeople: { readonly [L in TimedLevel]: string } = { 'team-lead': 'tanaka', cto: 'suzuki' }

const called = (id: string) => ({ ja: id, en: id })

export function auditBook(runbook: string): Runbook {
  const small = smallBook({ depends: true, automatic: ['reversible'] })
  const book = {
    ...small,
    runbook,
    cluster,
    severities: { ...small.severities, CRITICAL: { ...small.severities.CRITICAL, recoverWithin: 6_000 } },
    escalation: {
      until: 'acknowledged',
      levels: [
        // What goes wrong without anybody's doing calls the first level: this one, so that the timed ones are called by time alone.
        { id: 'own-trouble', title: called('own-trouble'), atOnce: [], notify: ['watanabe'] },
        ...Object.entries(timedLevels).map(([id, after]) => ({
          id,
          title: called(id),
          after,
          atOnce: [],
          notify: [timedPeople[id as TimedLevel]],
        })),
        { id: 'security', title: called('security'), atOnce: ['data-loss', 'breach'], notify: ['mori'] },
      ],
    },
    people: Object.fromEntries(
      ['watanabe', ...Object.values(timedPeople), 'mori'].map((id) => [
        id,
        { title: called(id), channels: [channel] },
      ]),
    ),
  }
  const checked = checkRunbook(book)
  if ('problems' in checked) throw new Error(`the audit's runbook: ${JSON.stringify(checked.problems)}`)
  return checked.book
}

export function isTimed(level: string): level is TimedLevel {
  return Object.hasOwn(timedLevels, level)
}
