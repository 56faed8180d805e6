import type { DeskCommand } from '../../domain/desk/commands.ts'
import { type DeskOccurrence, decideDesk } from '../../domain/desk/decide.ts'
import { type DeskFact, deskFact } from '../../domain/desk/events.ts'
import type { DeskDecision } from '../../domain/desk/join.ts'
import type { DeskState } from '../../domain/desk/state.ts'
import { system } from '../../domain/words.ts'
import type { Ledger } from '../machine/ledger.ts'
import { Pump } from '../machine/pump.ts'

export type DeskLedger = Ledger<DeskState, DeskFact>
export type DeskPump = Pump<DeskState, DeskFact, DeskCommand | DeskOccurrence, DeskDecision>

/** Where the rules break, the desk's own timeline says so, and the desk goes on. */
export function deskPump(ledger: DeskLedger): DeskPump {
  const broke = (_: DeskState, where: string, reason: string) => [
    deskFact('internal-error', system, { where, reason }),
  ]
  return new Pump({ decide: decideDesk, broke }, ledger)
}
