import { collectedAtClose } from '../../evidence/collected.ts'
import { iso } from '../../iso.ts'
import { present } from '../../present.ts'
import { acting } from './acting.ts'
import type { IncidentEventType, IncidentFact } from './events.ts'
import { course } from './evolving/course.ts'
import { end } from './evolving/end.ts'
import type { Evolve, Evolving } from './evolving/evolving.ts'
import { pages } from './evolving/pages.ts'
import { recovery } from './evolving/recovery.ts'
import { situation } from './evolving/situation.ts'
import { steps } from './evolving/steps.ts'
import { countedFrom } from './levels.ts'
import { type IncidentState, isCalm } from './state.ts'

/** What the timeline says of itself. */
const record = {
  'signal-refused': (state) => state,
  'internal-error': (state) => ({ ...state, internalErrors: state.internalErrors + 1 }),
  'cancel-refused': (state) => state,
  archived: (state, { run, result }) => ({
    ...state,
    archivedRun: Math.max(state.archivedRun, run),
    ...present({ evidence: collectedAtClose(result) }),
  }),
  continued: (state, data) => ({ ...state, run: data.run }),
  'logs-kept': (state) => state,
} satisfies Evolving

const evolving: { readonly [T in IncidentEventType]: Evolve<T> } = {
  ...course,
  ...situation,
  ...steps,
  ...recovery,
  ...pages,
  ...end,
  ...record,
}

/** The state after a fact. Reads every event that any release ever wrote; never refuses. `now` is the event's time, epoch ms. */
export function evolve(state: IncidentState, fact: IncidentFact, now: number): IncidentState {
  const after = acting(fold(state, fact, now), fact, now)
  return isCalm(state) && !isCalm(after) ? { ...after, escalation: countedFrom(after, now) } : after
}

function fold(state: IncidentState, { type, data, by }: IncidentFact, now: number): IncidentState {
  if (!Object.hasOwn(evolving, type)) return state
  // Which data belongs to which type the union says; the table says it again.
  const change = evolving[type] as Evolve<IncidentEventType>
  return change(state, data as never, { by, at: iso(now), now })
}
