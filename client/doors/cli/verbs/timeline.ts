import type { IncidentEvent } from '../../../../domain/incident/fold/events.ts'
import { sentence } from '../../../../domain/telling/sentences.ts'
import type { Lang } from '../../../../domain/words.ts'
import { localClock, localDate, zoneName } from '../../../../edge/local-time.ts'
import type { Session } from '../session.ts'
import { hanging, oneLine, pad, type Screen, type Style } from '../terminal.ts'
import { momentsIn, zoneOf } from '../zone.ts'

export async function timeline(session: Session, incident: string): Promise<undefined> {
  const incidents = await session.incidents()
  const events = await incidents.timeline(incident)
  if (session.output !== 'table') return session.print({ data: events, text: () => '' }).then(() => undefined)
  const zone = await zoneOf(session, incidents, incident)
  await session.print({
    data: events,
    text: (screen) => {
      const writer = timelineWriter(zone, session.lang, screen)
      return events.flatMap((event) => writer(event)).join('\n')
    },
  })
}

/** Writes events line by line, with a heading whenever a day begins. */
export function timelineWriter(
  zone: string,
  lang: Lang,
  screen: Screen,
): (event: IncidentEvent) => readonly string[] {
  let day = ''
  return (event) => {
    const ms = Date.parse(event.at)
    const today = localDate(ms, zone)
    const heading = today === day ? [] : [screen.paint('dim', `${today} ${zoneName(ms, zone)}`)]
    day = today
    const label = `${localClock(ms, zone)} ${pad(`#${event.seq}`, 5)} `
    const lines = hanging(label, oneLine(sentence(event, lang, momentsIn(zone))), label.length, screen.width)
    const style = styleOf(event)
    return [...heading, ...(style === undefined ? lines : lines.map((line) => screen.paint(style, line)))]
  }
}

function styleOf(event: IncidentEvent): Style | undefined {
  switch (event.type) {
    case 'step-failed':
    case 'recovery-failed':
    case 'internal-error':
    case 'cancel-refused':
    case 'page-failed':
      return 'red'
    case 'escalated':
    case 'step-proposed':
    case 'frozen':
      return 'yellow'
    case 'step-verified':
    case 'recovery-verified':
    case 'resolved':
      return 'green'
    case 'archived':
    case 'continued':
    case 'situation-requested':
      return 'dim'
    default:
      return undefined
  }
}
