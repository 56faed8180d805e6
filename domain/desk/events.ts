/** Everything that can stand in a desk's timeline. */
import type { Message } from '../alert/group.ts'
import type { Declaration } from '../incident/commands.ts'
import type { Opening } from '../incident/open.ts'
import type { PublishedRunbook } from '../runbook/runbook.ts'
import type { Fact, TimelineEvent } from '../timeline/chain.ts'
import type { Actor, Json, Phase, Severity, Text, Words } from '../words.ts'

type Data = {
  published: { readonly runbook: PublishedRunbook }
  proposed: { readonly runbook: Omit<PublishedRunbook, 'version'> }
  withdrawn: { readonly reason: string }
  opened: { readonly opening: Omit<Opening, 'runbook'>; readonly version: number; readonly key?: string }
  grouped: {
    readonly incident: string
    /** Not there where the news of its alerts tells the incident. */
    readonly delivery?: string
    readonly declaration: Declaration
    readonly key?: string
  }
  alerted: Message & {
    readonly group: string
    /** Not there where nothing fires and no incident knows of it. */
    readonly incident?: string
    readonly delivery?: string
    /** The group joins the incident with this. */
    readonly joins?: true
    /** It is worse than the incident was. */
    readonly raises?: true
    readonly declaration: Declaration
  }
  started: { readonly incident: string }
  renumbered: { readonly from: string; readonly to: string; readonly reason: Text }
  delivered: { readonly deliveries: readonly string[]; readonly failure?: Text }
  'incident-changed': {
    readonly incident: string
    readonly phase: Phase
    readonly severity: Severity
    /** There where the desk did not know the incident: it takes it in. */
    readonly service?: string
    readonly symptom?: string
    readonly version?: number
  }
  frozen: { readonly on: boolean }
  'cancel-refused': Record<string, never>
  archived: { readonly run: number; readonly runId: string; readonly result: Json }
  'internal-error': { readonly where: string; readonly reason: Words }
}

export type DeskEventType = keyof Data
export type DeskFact = { [K in DeskEventType]: Fact<K, Data[K]> }[DeskEventType]
export type DeskEvent = { [K in DeskEventType]: TimelineEvent<K, Data[K]> }[DeskEventType]

/** Writes down a fact; the types bind its name to its data. */
export function deskFact<T extends DeskEventType>(type: T, by: Actor, data: Data[T]): DeskFact {
  return { type, by, data } as DeskFact
}
