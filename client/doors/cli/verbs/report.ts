import { report } from '../../../../domain/telling/report.ts'
import { localTime } from '../../../../edge/local-time.ts'
import { toldByWorker } from '../../../incidents/shown.ts'
import type { Session } from '../session.ts'
import { clean } from '../terminal.ts'
import { zoneIn } from '../zone.ts'

/** The template of the runbook, as text to be pasted: not wrapped, since a chat wraps it itself. */
export async function printReport(session: Session, incident: string): Promise<undefined> {
  const shown = await (await session.incidents()).show(incident)
  const { state } = toldByWorker(shown)
  const zone = zoneIn(session, shown)
  const text = report(state, session.lang, { localTime: (ms) => localTime(ms, zone), now: Date.now() })
  await session.print({ data: { incident, lang: session.lang, report: text }, text: () => clean(text) })
}
