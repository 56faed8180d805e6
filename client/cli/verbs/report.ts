import { report } from '../../../domain/incident/report.ts'
import { localTime } from '../../../edge/local-time.ts'
import { incidentsQueue } from '../../../workflows/messages.ts'
import { refused } from '../../refused.ts'
import type { Session } from '../session.ts'
import { clean } from '../terminal.ts'
import { zoneIn } from '../zone.ts'

/** The template of the runbook, as text to be pasted: not wrapped, since a chat wraps it itself. */
export async function printReport(session: Session, incident: string): Promise<undefined> {
  const shown = await (await session.door()).show(incident)
  if (shown.source !== 'worker') throw refused('no-worker', { queue: incidentsQueue })
  const { state } = shown
  const zone = zoneIn(session, shown)
  const text = report(state, session.lang, { localTime: (ms) => localTime(ms, zone), now: Date.now() })
  await session.print({ data: { incident, lang: session.lang, report: text }, text: () => clean(text) })
}
