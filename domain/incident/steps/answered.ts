/** What readings answered: what is new and what is gone is written down, and proposals follow. */
import { present } from '../../present.ts'
import { system } from '../../words.ts'
import { hasRoom } from '../fold/findings.ts'
import { type Answer, sightingsOf } from '../fold/gone.ts'
import { findingKey, named } from '../fold/picture.ts'
import { type Story, tell } from '../fold/story.ts'
import { ownFindings, withService } from '../fold/whose.ts'
import { propose, withdraw } from './propose.ts'

/** `run` is the reading step that answered; without one it was the picture. */
export function answered(story: Story, answers: readonly Answer[], run?: string): void {
  noteGone(story, run)
  noteFound(story, answers, run)
  withdraw(story)
  propose(story)
}

/** What no reading sees any more. */
function noteGone(story: Story, run?: string): void {
  const gone = story.state.findings.filter(({ seenBy }) => seenBy.length === 0)
  if (gone.length === 0) return
  const findings = gone.map(({ code, subject, says }) => ({ code, subject, says }))
  tell(story, 'findings-gone', system, { findings, ...present({ run }) })
}

/** Writes down what was not known before, as far as there is room: of the incident's own service first. */
function noteFound(story: Story, answers: readonly Answer[], run?: string): void {
  const { service } = story.state
  const seen = answers.flatMap(({ findings }) => findings)
  const findings = seen.map((finding) => withService(story.state, named(finding)))
  const own = ownFindings({ service, findings })
  for (const finding of [...own, ...findings.filter((other) => !own.includes(other))]) {
    const { state } = story
    if (state.findings.some((known) => findingKey(known) === findingKey(finding))) continue
    const by = run === undefined ? { parts: sightingsOf(finding, answers) } : { run }
    if (hasRoom(state, finding)) tell(story, 'found', system, { finding, ...by })
  }
}
