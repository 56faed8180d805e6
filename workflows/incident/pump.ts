import type { Command } from '../../domain/incident/commands.ts'
import type { decide, Occurrence } from '../../domain/incident/decide.ts'
import type { IncidentFact } from '../../domain/incident/fold/events.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { lastResort } from '../../domain/incident/last-resort.ts'
import type { Ledger } from '../machine/ledger.ts'
import { Pump } from '../machine/pump.ts'

/** The rules over commands and occurrences; tests bind some that break. */
export type Rules = { readonly decide: typeof decide }

export type IncidentLedger = Ledger<IncidentState, IncidentFact>
export type IncidentPump = Pump<IncidentState, IncidentFact, Command | Occurrence, ReturnType<typeof decide>>

/** Where the rules break, somebody is paged without them. */
export function incidentPump(rules: Rules, ledger: IncidentLedger): IncidentPump {
  return new Pump({ decide: rules.decide, broke: lastResort }, ledger)
}
