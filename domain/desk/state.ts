/** What a desk knows: the fold of its events, plain JSON. */
import type { Declaration } from '../incident/commands.ts'
import type { Opening } from '../incident/declare.ts'
import type { PublishedRunbook } from '../runbook/runbook.ts'
import type { Actor, Phase, Severity } from '../words.ts'

export type OpenIncident = {
  readonly service: string
  readonly symptom?: string
  readonly severity: Severity
  readonly phase: Phase
  readonly reports: number
  readonly openedAtMs: number
  /** A report did not reach it; until it is heard of again, reports go elsewhere. */
  readonly unreachable?: true
}

/** Something that an open incident has yet to be told. */
export type Delivery = { readonly id: string; readonly incident: string; readonly by: Actor } & (
  | { readonly type: 'report'; readonly declaration: Declaration; readonly atMs: number }
  | { readonly type: 'freeze'; readonly on: boolean }
)

export type DeskState = {
  readonly desk: string
  readonly lab: boolean
  readonly runbook?: PublishedRunbook & { readonly publishedBy: Actor; readonly publishedAt: string }
  readonly lastNumber: number
  readonly open: { readonly [incident: string]: OpenIncident }
  /** Numbered, and not yet running. */
  readonly unstarted: readonly Opening[]
  readonly deliveries: readonly Delivery[]
  /** Marks of the reports' keys (see keys.ts), oldest first. */
  readonly keys: readonly { readonly mark: string; readonly atMs: number; readonly incident: string }[]
  readonly frozen?: { readonly by: Actor; readonly at: string }
  /** How often the desk froze or thawed: two in one millisecond are two deliveries. */
  readonly freezes: number
}

export function emptyDesk(desk: string, lab: boolean, lastNumber: number): DeskState {
  return { desk, lab, lastNumber, open: {}, unstarted: [], deliveries: [], keys: [], freezes: 0 }
}

/** `hasOwn`, for `constructor` is a word that anybody may send. */
export function openIncident(state: DeskState, incident: string): OpenIncident | undefined {
  return Object.hasOwn(state.open, incident) ? state.open[incident] : undefined
}
