/** What every part of a desk's workflow works with: its ledger, the rules over it, and the flag that wakes the loop. */
import { type DeskOccurrence, decideDesk } from '../../domain/desk/decide.ts'
import type { DeskFact } from '../../domain/desk/events.ts'
import type { DeskState } from '../../domain/desk/state.ts'
import { type Receipt, system } from '../../domain/words.ts'
import { reasonOf } from '../failure-of.ts'
import type { Ledger } from '../ledger.ts'

export class DeskPump {
  /** Something happened since the loop last looked. */
  changed = true
  readonly ledger: Ledger<DeskState, DeskFact>

  constructor(ledger: Ledger<DeskState, DeskFact>) {
    this.ledger = ledger
  }

  /** A command came. A refusal makes the history longer too: the loop looks whether it is long now. */
  asked(): void {
    this.changed = true
    this.ledger.asked()
  }

  write(facts: readonly DeskFact[], atMs: number): Receipt {
    this.changed = true
    return this.ledger.write(facts, atMs)
  }

  /**
   * At the time of the newest event: an answer's own is not recorded (docs/adr/0005-recorded-times.md). A defect of ours stands in the
   * desk's own timeline; the desk goes on.
   */
  happened(occurrence: DeskOccurrence): void {
    const { nowMs } = this.ledger
    this.changed = true
    try {
      const decision = decideDesk(this.ledger.state, occurrence, nowMs)
      if ('facts' in decision) this.ledger.write(decision.facts, nowMs)
    } catch (error) {
      const data = { where: `rules on ${occurrence.type}`, reason: reasonOf(error) }
      this.ledger.write([{ type: 'internal-error', by: system, data }], nowMs)
    }
  }
}
