import type { Failure } from '../../failures.ts'
import type { Actor } from '../../words.ts'
import { type EventData, fact, type IncidentEventType, type IncidentFact } from './events.ts'
import { evolve } from './evolve.ts'
import type { IncidentState } from './state.ts'

/** What one command or outcome leads to, while it is being told: each fact is folded in at once, so the next rule sees it. */
export type Story = { state: IncidentState; readonly facts: IncidentFact[]; readonly now: number }

export function tell<T extends IncidentEventType>(
  story: Story,
  type: T,
  by: Actor,
  data: EventData[T],
): void {
  const entry = fact(type, by, data) as IncidentFact
  story.facts.push(entry)
  story.state = evolve(story.state, entry, story.now)
}

/** Either facts for the timeline, or the reason why not. */
export type Decision = { readonly facts: readonly IncidentFact[] } | { readonly refusal: Failure }
