import { findRun } from '../../../domain/incident/find-step.ts'
import type { IncidentState, StepRun } from '../../../domain/incident/state.ts'
import { incidentsQueue } from '../../../workflows/messages.ts'
import type { Door } from '../../door.ts'
import { refused } from '../../refused.ts'
import type { Shown } from '../../show.ts'
import { readingText } from '../reading-text.ts'
import type { Session } from '../session.ts'
import { stepFacts } from '../step-text.ts'
import { runOf } from '../wait.ts'
import { zoneIn } from '../zone.ts'
import { timelineWriter } from './timeline.ts'

/** One run of a step: what it is, what happened to it, and what it has read. */
export async function showStep(session: Session, incident: string, word: string): Promise<undefined> {
  const door = await session.door()
  const { shown, step } = await stepOf(door, incident, word)
  const zone = zoneIn(session, shown)
  const events = (await door.timeline(incident)).filter((event) => runOf(event) === step.id)
  const readings = events.flatMap((event) => (event.type === 'step-read' ? [event.data.reading] : []))
  await session.print({
    data: { incident, step, events },
    text: (screen) => {
      const writer = timelineWriter(zone, session.lang, screen)
      return [
        stepFacts(step, session.lang, screen).join('\n'),
        events.flatMap((event) => writer(event)).join('\n'),
        ...readings.map((reading) => readingText(reading, session.lang, screen)),
      ].join('\n\n')
    },
  })
}

/** The run that a person means, as a worker knows it. */
export async function stepOf(
  door: Door,
  incident: string,
  word: string,
): Promise<{ readonly shown: Shown; readonly state: IncidentState; readonly step: StepRun }> {
  const shown = await door.show(incident)
  if (shown.source !== 'worker') throw refused('no-worker', { queue: incidentsQueue })
  const step = findRun(shown.state, word)
  if (step !== undefined) return { shown, state: shown.state, step }
  const known = Object.keys(shown.state.steps).join(', ') || 'none'
  throw refused('unknown-step', { incident, step: word, known })
}
