/** What every part of an incident's workflow works with: its ledger, the rules over it, and the flag that wakes the loop. */
import type { Command } from '../../domain/incident/commands.ts'
import type { decide, Occurrence } from '../../domain/incident/decide.ts'
import type { IncidentFact } from '../../domain/incident/events.ts'
import { lastResort } from '../../domain/incident/last-resort.ts'
import type { IncidentState } from '../../domain/incident/state.ts'
import type { Receipt } from '../../domain/words.ts'
import { reasonOf } from '../failure-of.ts'
import type { Ledger } from '../ledger.ts'

export type Rules = { readonly decide: typeof decide }

export class Pump {
  /** Something happened since the loop last looked. */
  changed = true
  readonly ledger: Ledger<IncidentState, IncidentFact>
  readonly #rules: Rules

  constructor(rules: Rules, ledger: Ledger<IncidentState, IncidentFact>) {
    this.#rules = rules
    this.ledger = ledger
  }

  /** A command came. A refusal makes the history longer too: the loop looks whether it is long now. */
  asked(): void {
    this.changed = true
    this.ledger.asked()
  }

  decide(input: Command | Occurrence, nowMs: number): ReturnType<typeof decide> {
    return this.#rules.decide(this.ledger.state, input, nowMs)
  }

  write(facts: readonly IncidentFact[], atMs: number): Receipt {
    this.changed = true
    return this.ledger.write(facts, atMs)
  }

  /**
   * Tells the rules what happened, and when: a recorded time, or else that of the newest event (docs/adr/0005-recorded-times.md). What
   * they throw is written down, somebody is paged, and the incident goes on (false).
   */
  happened(occurrence: Occurrence, atMs = this.ledger.nowMs): boolean {
    const now = Math.max(this.ledger.nowMs, atMs)
    try {
      const decision = this.decide(occurrence, now)
      if ('facts' in decision) this.write(decision.facts, now)
      return true
    } catch (error) {
      this.broke(occurrence.type, error, now)
      return false
    }
  }

  /** A defect of the rules: written down, somebody is paged, and the incident goes on. */
  broke(on: string, error: unknown, nowMs: number): void {
    this.write(lastResort(this.ledger.state, `rules on ${on}`, reasonOf(error), nowMs), nowMs)
  }
}
