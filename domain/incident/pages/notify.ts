/** A message that somebody sends to people of the runbook; it goes out and is tried again as every page. */
import { type Failure, failure } from '../../failures.ts'
import { present } from '../../present.ts'
import type { Command } from '../commands.ts'
import type { IncidentState } from '../fold/state.ts'
import { type Story, tell } from '../fold/story.ts'
import { pageEach } from './escalate.ts'

/** Whoever was called so far, or the first level where nobody was. */
const oncall = 'oncall'

/** Refuses a recipient that the runbook does not know. */
export function notify(story: Story, command: Command<'notify'>): Failure | undefined {
  const { message, severity, by, to = oncall } = command
  const people = recipients(story.state, to)
  if (people === undefined) return failure('unknown-recipient', { to, known: known(story.state).join(', ') })
  tell(story, 'notified', by, { message, people, ...present({ severity }) })
  pageEach(story, to, people, { message: { by, text: message }, ...present({ severity }) })
  return undefined
}

function recipients(state: IncidentState, to: string): readonly string[] | undefined {
  const { escalation, people } = state.runbook.book
  const level = escalation.levels.find(({ id }) => id === to)
  if (level !== undefined) return level.notify
  if (Object.hasOwn(people, to)) return [to]
  if (to !== oncall) return undefined
  const called = Object.values(state.pages).map(({ call }) => call.person)
  return called.length > 0 ? [...new Set(called)].sort() : (escalation.levels[0]?.notify ?? [])
}

function known(state: IncidentState): readonly string[] {
  const { escalation, people } = state.runbook.book
  return [...new Set([oncall, ...escalation.levels.map(({ id }) => id), ...Object.keys(people)])]
}
