/**
 * A table of rules: what one release decided, kept so that every later one decides the same for incidents that were opened under
 * these rules. Temporal notices changed effects, never changed bytes of an event; this does.
 */
import { readFileSync } from 'node:fs'
import type { Failure } from '../../../domain/failures.ts'
import { parseCommand } from '../../../domain/incident/commands.ts'
import { decide, type Occurrence } from '../../../domain/incident/decide.ts'
import type { IncidentEvent, IncidentFact } from '../../../domain/incident/fold/events.ts'
import { evolve } from '../../../domain/incident/fold/evolve.ts'
import type { IncidentState } from '../../../domain/incident/fold/state.ts'
import { type Opening, open } from '../../../domain/incident/open.ts'
import { append, genesis } from '../../../domain/timeline/chain.ts'
import type { Receipt } from '../../../domain/words.ts'

/** One thing that came in: a command as it is sent, or what the shell reported. */
export type Input =
  | { readonly command: string; readonly payload: unknown }
  | { readonly occurrence: Occurrence }

export type Turn = { readonly at: number; readonly input: Input } & (
  | { readonly events: readonly IncidentEvent[] }
  | { readonly refused: Failure }
)

export type Story = {
  readonly title: string
  readonly opening: Omit<Opening, 'runbook'>
  readonly openedAt: number
  readonly opens: readonly IncidentEvent[]
  readonly turns: readonly Turn[]
}

export type Table = {
  readonly rules: number
  readonly runbook: Opening['runbook']
  readonly stories: readonly Story[]
}

export function tablePath(rules: number): URL {
  return new URL(`rules-${rules}.json`, import.meta.url)
}

export function readTable(rules: number): Table {
  return JSON.parse(readFileSync(tablePath(rules), 'utf8'))
}

/** An incident whose state is the fold of the events that it was given, whatever today's rules would have said. */
export class Retold {
  state: IncidentState
  head: Receipt = genesis

  constructor(opening: Opening, openedAt: number) {
    this.state = open(opening, openedAt).blank
  }

  /** What today's rules make of an input: events with their place in the chain, or a refusal. Changes nothing. */
  decide(
    input: Input,
    at: number,
  ): { readonly events: readonly IncidentEvent[] } | { readonly refused: Failure } {
    const parsed = 'command' in input ? parseCommand(input.command, input.payload) : input.occurrence
    if ('code' in parsed) return { refused: parsed }
    const decision = decide(this.state, parsed, at)
    return 'refusal' in decision ? { refused: decision.refusal } : { events: this.chain(decision.facts, at) }
  }

  chain(facts: readonly IncidentFact[], at: number): readonly IncidentEvent[] {
    let head = this.head
    return facts.map((fact) => {
      head = append(head, fact, at, 'secret')
      return JSON.parse(JSON.stringify(head)) as IncidentEvent
    })
  }

  take(events: readonly IncidentEvent[]): void {
    for (const event of events) {
      this.state = evolve(this.state, event, Date.parse(event.at))
      this.head = { seq: event.seq, hash: event.hash }
    }
  }
}
