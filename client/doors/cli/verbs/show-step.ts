import type { IncidentState, StepRun } from '../../../../domain/incident/fold/state.ts'
import { findRun } from '../../../../domain/incident/steps/find-step.ts'
import { present } from '../../../../domain/present.ts'
import { type Lang, none } from '../../../../domain/words.ts'
import { refused } from '../../../../edge/refused.ts'
import type { Incidents } from '../../../incidents/incidents.ts'
import { type Shown, toldByWorker } from '../../../incidents/shown.ts'
import { commandsToCopy } from '../../../words/ask.ts'
import { type Fact, factsOf } from '../../../words/fact.ts'
import { progressSays } from '../../../words/progress.ts'
import { proofFacts } from '../../../words/rehearsal.ts'
import { stepFacts } from '../../../words/step.ts'
import { factLines } from '../facts.ts'
import { readingText } from '../reading-text.ts'
import type { Session } from '../session.ts'
import { clean, type Screen } from '../terminal.ts'
import { runOf } from '../wait.ts'
import { zoneIn } from '../zone.ts'
import { timelineWriter } from './timeline.ts'

/** One run of a step: what it is, what happened to it, and what it has read. */
export async function showStep(session: Session, incident: string, word: string): Promise<undefined> {
  const incidents = await session.incidents()
  const { shown, step } = await stepOf(incidents, incident, word)
  const progress = toldByWorker(shown).progress?.find((one) => one.step === step.id)
  const progressFacts = factsOf([
    [{ en: 'Progress', ja: '進行状況' }, progress && progressSays(progress, Date.now())],
  ])
  const proof = toldByWorker(shown).proofs?.[step.id]
  const zone = zoneIn(session, shown)
  const events = (await incidents.timeline(incident)).filter((event) => runOf(event) === step.id)
  const readings = events.flatMap((event) => (event.type === 'step-read' ? [event.data.reading] : []))
  await session.print({
    data: { incident, step: { ...step, ...present({ progress, proof }) }, events },
    text: (screen) => {
      const writer = timelineWriter(zone, session.lang, screen)
      const toCopy = commandsToCopy(step).map(clean)
      return [
        stepLines(
          [...stepFacts(step), ...proofFacts(proof, Date.now()), ...progressFacts],
          session.lang,
          screen,
        ).join('\n'),
        ...(toCopy.length === 0 ? [] : [toCopy.join('\n')]),
        events.flatMap((event) => writer(event)).join('\n'),
        ...readings.map((reading) => readingText(reading, session.lang, screen)),
      ].join('\n\n')
    },
  })
}

/** What is told of a run, below each other; the longest label is "Requested by". */
export function stepLines(facts: readonly Fact[], lang: Lang, screen: Screen): readonly string[] {
  return factLines(facts, lang, screen, { at: 14, indent: '' })
}

/** The run that a person means, as a worker knows it. */
export async function stepOf(
  incidents: Incidents,
  incident: string,
  word: string,
): Promise<{ readonly shown: Shown; readonly state: IncidentState; readonly step: StepRun }> {
  const shown = await incidents.show(incident)
  const { state } = toldByWorker(shown)
  const step = findRun(state, word)
  if (step !== undefined) return { shown, state, step }
  const known = Object.keys(state.steps).join(', ') || none
  throw refused('unknown-step', { incident, step: word, known })
}
