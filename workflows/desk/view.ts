/** What a desk answers to who asks: queries, and the services that Temporal's visibility lists. */
import { defineQuery, setHandler, upsertSearchAttributes } from '@temporalio/workflow'
import { type DeskState, withoutPublisher } from '../../domain/desk/state.ts'
import { present } from '../../domain/present.ts'
import type { Phase } from '../../domain/words.ts'
import { attributeKeys } from '../../wire/attributes.ts'
import { type DeskView, queries, type RunbookView } from '../../wire/messages.ts'
import type { DeskLedger } from './pump.ts'

export function answerQueries(ledger: DeskLedger): void {
  setHandler(defineQuery<DeskView>(queries.desk), () => view(ledger))
  setHandler(defineQuery<RunbookView>(queries.runbook), () => runbookView(ledger.state))
  setHandler(defineQuery<ReturnType<DeskLedger['page']>, [number]>(queries.timeline), (from) =>
    ledger.page(from),
  )
}

function view({ state: whole, head }: DeskLedger): DeskView {
  const { keys: _, alertGroups: __, outdated: ___, unstarted, deliveries, proposed, ...state } = whole
  const starting = unstarted.map((o) => o.incident)
  const waiting = present({ proposed: proposed && withoutBook(proposed) })
  return { state: { ...state, ...waiting, starting, untold: deliveries.length }, head }
}

function withoutBook({ book: _, ...rest }: NonNullable<DeskState['proposed']>) {
  return rest
}

function runbookView({ runbook, lab, open, withdrawn }: DeskState): RunbookView {
  const unresolved = Object.keys(open).filter((incident) => isTroubled(open[incident]))
  return present({ runbook: runbook && withoutPublisher(runbook), lab, unresolved, withdrawn })
}

function isTroubled(incident: DeskState['open'][string] | undefined): boolean {
  return incident !== undefined && troubled.includes(incident.phase)
}

/** The service may be hurt. */
const troubled: readonly Phase[] = ['investigating', 'mitigating', 'monitoring']

/** Lists the services that the desk cares for, whenever they change; a run that begins with a runbook lists them once. */
export class Listed {
  #services: string | undefined

  constructor({ runbook }: DeskState) {
    this.#services = runbook === undefined ? '' : undefined
  }

  update({ withdrawn, runbook }: DeskState): void {
    // What was withdrawn cares for nothing: its services stand in nobody's way who has one of the same name.
    const names = withdrawn === undefined ? Object.keys(runbook?.book.services ?? {}) : []
    if (this.#services === names.join()) return
    this.#services = names.join()
    upsertSearchAttributes([{ key: attributeKeys.HikeshiServices, value: names.length === 0 ? null : names }])
  }
}
