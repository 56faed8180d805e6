import { type Opening, open } from './declare.ts'
import type { IncidentEvent } from './events.ts'
import { evolve } from './evolve.ts'
import type { IncidentState } from './state.ts'

/** What the incident was after some of its events, of which the first must be its very first: for looking back. */
export function asOf(opening: Opening, events: readonly IncidentEvent[]): IncidentState {
  const [first] = events
  const { blank } = open(opening, first === undefined ? opening.atMs : Date.parse(first.at))
  return events.reduce((state, event) => evolve(state, event, Date.parse(event.at)), blank)
}
