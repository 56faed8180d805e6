import type { Actor } from '../../../words.ts'
import type { EventData, IncidentEventType } from '../events.ts'
import type { IncidentState } from '../state.ts'

/** Who and when of an event; `at` as the event has it, `now` the same in epoch ms. */
export type Moment = { readonly by: Actor; readonly at: string; readonly now: number }

/** The state after one kind of event. */
export type Evolve<T extends IncidentEventType> = (
  state: IncidentState,
  data: EventData[T],
  moment: Moment,
) => IncidentState

/** Those of one topic; evolve.ts has all of them, or does not compile. */
export type Evolving = { readonly [T in IncidentEventType]?: Evolve<T> }
