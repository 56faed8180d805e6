/** In which zone an incident's times are written: the team's, on every surface. */
import type { WriteMoment } from '../../../domain/failures.ts'
import { isZone, localTime, ownZone } from '../../../edge/local-time.ts'
import type { Incidents } from '../../incidents/incidents.ts'
import type { Shown } from '../../incidents/shown.ts'
import type { Session } from './session.ts'

/** The team's zone, from the incident's runbook; the terminal's own where nobody can say. It never fails: the deed is done by then. */
export async function zoneOf(session: Session, incidents: Incidents, incident: string): Promise<string> {
  try {
    return zoneIn(session, await incidents.show(incident))
  } catch {
    return ownZone()
  }
}

/** The same of what was shown. A zone that does not exist, published before they were checked, is UTC, and that is said. */
export function zoneIn(session: Pick<Session, 'say'>, shown: Shown): string {
  return usableZone(
    session,
    shown.source === 'worker' ? shown.state.runbook.book.timezone : (shown.timezone ?? ownZone()),
  )
}

export function usableZone({ say }: Pick<Session, 'say'>, zone: string): string {
  if (isZone(zone)) return zone
  say({
    en: `The runbook's time zone "${zone}" does not exist: times are in UTC. Fix it and publish the runbook again.`,
    ja: `Runbook のタイムゾーン「${zone}」は存在しないため、時刻は UTC で表示します。`,
  })
  return 'UTC'
}

export function momentsIn(zone: string): WriteMoment {
  return (ms) => localTime(ms, zone)
}
