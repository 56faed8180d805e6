import type { IncidentEvent } from './fold/events.ts'
import { evolve } from './fold/evolve.ts'
import type { IncidentState } from './fold/state.ts'
import { type Opening, open } from './open.ts'

/** The incident's state after a prefix of its events (the first event included). */
export function asOf(opening: Opening, events: readonly IncidentEvent[]): IncidentState {
  const [first] = events
  const { blank } = open(opening, first === undefined ? opening.atMs : Date.parse(first.at))
  return events.reduce((state, event) => evolve(state, event, Date.parse(event.at)), blank)
}
