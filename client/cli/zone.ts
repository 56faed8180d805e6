/** In which zone an incident's times are written: the team's, on every surface. */
import type { WriteMoment } from '../../domain/failures.ts'
import { isZone, localTime, ownZone } from '../../edge/local-time.ts'
import type { Door } from '../door.ts'
import type { Shown } from '../show.ts'
import type { Session } from './session.ts'

/** The team's zone, from the incident's runbook; the terminal's own where nobody can say. It never fails: the deed is done by then. */
export async function zoneOf(session: Session, door: Door, incident: string): Promise<string> {
  try {
    return zoneIn(session, await door.show(incident))
  } catch {
    return ownZone()
  }
}

/** The same of what was shown. A zone that does not exist, published before they were checked, is UTC, and that is said. */
export function zoneIn({ say, lang }: Pick<Session, 'say' | 'lang'>, shown: Shown): string {
  const zone = shown.source === 'worker' ? shown.state.runbook.book.timezone : (shown.timezone ?? ownZone())
  if (isZone(zone)) return zone
  say(
    lang === 'ja'
      ? `Runbook のタイムゾーン「${zone}」は存在しないため、時刻は UTC で表示します。`
      : `The runbook's time zone "${zone}" does not exist: times are in UTC. Correct it and publish the runbook again.`,
  )
  return 'UTC'
}

export function momentsIn(zone: string): WriteMoment {
  return (ms) => localTime(ms, zone)
}
