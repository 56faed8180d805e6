/** What every part of a workflow works with: its ledger, the rules over it, and the flag that wakes the loop. */
import type { Failure } from '../../domain/failures.ts'
import type { Fact } from '../../domain/timeline/chain.ts'
import type { Receipt } from '../../domain/words.ts'
import { reasonOf } from '../reason.ts'
import type { Ledger } from './ledger.ts'

type Named = { readonly type: string }

export type Decided<F> = { readonly facts: readonly F[] } | { readonly refusal: Failure }

/** The pure rules of a workflow: what an input means, and what is written down where they themselves break. */
export type Rules<State, F, Input, D extends Decided<F>> = {
  readonly decide: (state: State, input: Input, nowMs: number) => D
  readonly broke: (state: State, where: string, reason: string, nowMs: number) => readonly F[]
}

export class Pump<State, F extends Fact, Input extends Named, D extends Decided<F>> {
  /** Something happened since the loop last looked. */
  changed = true
  readonly ledger: Ledger<State, F>
  readonly #rules: Rules<State, F, Input, D>

  constructor(rules: Rules<State, F, Input, D>, ledger: Ledger<State, F>) {
    this.#rules = rules
    this.ledger = ledger
  }

  /** A command came. A refusal makes the history longer too: the loop looks whether it is long now. */
  asked(): void {
    this.changed = true
    this.ledger.asked()
  }

  decide(input: Input, nowMs: number): D {
    return this.#rules.decide(this.ledger.state, input, nowMs)
  }

  write(facts: readonly F[], atMs: number, command?: string): Receipt {
    this.changed = true
    return this.ledger.write(facts, atMs, command)
  }

  /**
   * Tells the rules what happened, and when: a recorded time, or else that of the newest event (docs/adr/0005-recorded-times.md). False
   * where they broke: that is written down, and the workflow goes on.
   */
  happened(input: Input, atMs = this.ledger.nowMs): boolean {
    const now = Math.max(this.ledger.nowMs, atMs)
    try {
      const decision = this.decide(input, now)
      if ('facts' in decision) this.write(decision.facts, now)
      return true
    } catch (error) {
      this.broke(`rules/${input.type}`, error, now)
      return false
    }
  }

  /** A defect of ours. */
  broke(where: string, error: unknown, nowMs: number): void {
    this.write(this.#rules.broke(this.ledger.state, where, reasonOf(error), nowMs), nowMs)
  }
}
