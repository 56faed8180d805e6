/** Where a report goes: to the open incident about the same trouble, or to a new one. */
import type { Failure } from '../failures.ts'
import type { Declaration } from '../incident/commands.ts'
import { newestRules } from '../incident/fold/state.ts'
import { present } from '../present.ts'
import { type Actor, atLeast, type Severity } from '../words.ts'
import { type DeskFact, deskFact as fact } from './events.ts'
import type { DeskState, OpenIncident } from './state.ts'

/** What the sender of a declaration is told besides the receipt. */
export type Declared = {
  readonly incident: string
  readonly created: boolean
  readonly reports: number
  readonly repeated: boolean
  /** The report is of a severity that is worse than the open incident's was. */
  readonly raisedTo?: Severity
}

/** What a command means: events, or why it is refused. */
export type DeskDecision =
  | { readonly facts: readonly DeskFact[]; readonly declared?: Declared }
  | { readonly refusal: Failure }

/** A report joins the open incident about the same trouble, or opens one. */
export function joinOrOpen(
  state: DeskState,
  d: Declaration,
  by: Actor,
  now: number,
  how: {
    readonly fresh: boolean
    readonly key?: string
    readonly except?: string
    /** The resolved incident that the sender says it is about: it opens again. */
    readonly reopens?: string
    /** The news of its alerts tells the incident of the report. */
    readonly alerts?: true
  },
): { readonly facts: readonly DeskFact[]; readonly declared: Declared } {
  const { key, fresh, except, alerts, reopens } = how
  const open = Object.entries(state.open)
  const same =
    open.find(([id, known]) => id === reopens && known.unreachable !== true) ??
    open.find(([id, known]) => id !== except && isSame(known, d))
  if (same !== undefined && !fresh) {
    const [incident, known] = same
    const reports = known.reports + 1
    const delivery = alerts ? {} : { delivery: `${incident}/report/${reports}` }
    return {
      facts: [fact('grouped', by, { incident, ...delivery, declaration: d, ...present({ key }) })],
      declared: {
        incident,
        created: false,
        reports,
        repeated: false,
        ...(!atLeast(known.severity, d.severity) ? { raisedTo: d.severity } : {}),
      },
    }
  }
  const incident = nextIncident(state)
  const { lab, frozen } = state
  const opening = {
    incident,
    rules: newestRules,
    declaration: d,
    by,
    atMs: now,
    lab,
    ...present({ frozen }),
  }
  return {
    facts: [fact('opened', by, { opening, version: state.runbook?.version ?? 0, ...present({ key }) })],
    declared: { incident, created: true, reports: 1, repeated: false },
  }
}

function isSame(known: OpenIncident, d: Declaration): boolean {
  if (known.phase === 'resolved' || known.unreachable === true || known.service !== d.service) return false
  return known.symptom === d.symptom || known.symptom === undefined || d.symptom === undefined
}

export function nextIncident(state: DeskState): string {
  return `${state.desk}-${state.lastNumber + 1}`
}
