/** What a post-mortem is made from: the events of an incident, and what it was opened with. */
import type { WriteMoment } from '../failures.ts'
import { type Figures, figuresOf } from '../figures/figures.ts'
import { marksOf } from '../figures/marks.ts'
import type { IncidentEvent, IncidentEventType } from '../incident/fold/events.ts'
import { evolve } from '../incident/fold/evolve.ts'
import { findingKey } from '../incident/fold/picture.ts'
import type { IncidentState } from '../incident/fold/state.ts'
import { type Opening, open } from '../incident/open.ts'
import type { Finding } from '../steps/contract.ts'
import { sentence } from '../telling/sentences.ts'
import { inBoth, type Text } from '../words.ts'

/** How the team's clock is written: `2026-11-24 14:03 JST` and `14:03:07`. */
export type Clock = { readonly time: WriteMoment; readonly clock: WriteMoment }

/** A moment of the story: the event, and the incident right before it. */
export type Scene = { readonly event: IncidentEvent; readonly before: IncidentState }

export type Story = {
  readonly incident: string
  readonly events: readonly IncidentEvent[]
  readonly scenes: readonly Scene[]
  /** The incident after the last event. */
  readonly end: IncidentState
  readonly figures: Figures
  readonly clock: Clock
  /** Number of the newest event that found it, up to a number; undefined where none did. */
  readonly foundBy: (finding: Pick<Finding, 'code' | 'subject'>, upTo?: number) => number | undefined
}

/** The first event must be the declaration; undefined where it is not. */
export function storyOf(opening: Opening, events: readonly IncidentEvent[], clock: Clock): Story | undefined {
  const [first] = events
  const figures = figuresOf(marksOf(events))
  if (first === undefined || figures === undefined) return undefined
  let state = open(opening, Date.parse(first.at)).blank
  const scenes: Scene[] = []
  const found = new Map<string, number[]>()
  for (const event of events) {
    scenes.push({ event, before: state })
    state = evolve(state, event, Date.parse(event.at))
    if (event.type !== 'found') continue
    const key = findingKey(event.data.finding)
    found.set(key, [...(found.get(key) ?? []), event.seq])
  }
  return {
    incident: opening.incident,
    events,
    scenes,
    end: state,
    figures,
    clock,
    foundBy: (finding, upTo = Number.POSITIVE_INFINITY) =>
      found.get(findingKey(finding))?.findLast((seq) => seq <= upTo),
  }
}

/** The events of a type, in order. */
export function eventsOf<T extends IncidentEventType>(
  { events }: Pick<Story, 'events'>,
  ...types: readonly T[]
): readonly IncidentEvent<T>[] {
  const wanted: readonly string[] = types
  return events.filter(({ type }) =>
    wanted.includes(type),
  ) as readonly IncidentEvent[] as readonly IncidentEvent<T>[]
}

/** The last event so far: whatever is not in the story is not there up to this number. */
export function lastOf({ events }: Pick<Story, 'events'>): IncidentEvent {
  return events.at(-1) as IncidentEvent
}

/** The event as the timeline tells it. */
export function toldAs({ clock }: Pick<Story, 'clock'>, event: IncidentEvent): Text {
  return inBoth((lang) => sentence(event, lang, clock.time))
}

/** The moment on the team's clock, with its date where that is not the declaration's. */
export function when({ clock, figures }: Pick<Story, 'clock' | 'figures'>, ms: number): string {
  const [day, first] = [clock.time(ms), clock.time(figures.declared.atMs)].map((time) => time.slice(0, 10))
  return day === first ? clock.clock(ms) : `${day} ${clock.clock(ms)}`
}
